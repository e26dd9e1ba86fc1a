import type { ProblemCode } from '@parvis/contracts/problems'

/** An answer may take this long; then it counts as unreachable. */
const ANSWER_LIMIT_MS = 10_000

/** A refusal, in the gateway's words or, when there was no answer that can be read, in ours. */
export interface Refusal {
  ok: false
  /** `unreachable`: no answer, or not from a gateway. */
  code: ProblemCode | 'unreachable'
  /** Which value was refused. */
  field?: string
  /** A pseudo that is free. */
  suggestion?: string
  retryAfterS?: number
}
export type Answer<T> = { ok: true; body: T } | Refusal

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * Asks the gateway that served the page. Never throws: what went wrong is in the answer.
 * @param token sent as a Bearer token when given
 */
export async function ask<T>(
  fetch: Fetch,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  { token, body }: { token?: string | undefined; body?: unknown } = {},
): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    })
    const text = await response.text()
    const parsed = text === '' ? undefined : JSON.parse(text)
    if (response.ok) return { ok: true, body: parsed as T }
    return typeof parsed?.code === 'string' ? refusal(parsed, response) : { ok: false, code: 'unreachable' }
  } catch {
    return { ok: false, code: 'unreachable' }
  }
}

function refusal(problem: Record<string, unknown>, response: Response): Refusal {
  const seconds = Number(response.headers.get('retry-after') ?? problem.retryAfterS ?? Number.NaN)
  return {
    ok: false,
    code: problem.code as ProblemCode,
    ...(typeof problem.field === 'string' && { field: problem.field }),
    ...(typeof problem.suggestion === 'string' && { suggestion: problem.suggestion }),
    ...(Number.isFinite(seconds) && { retryAfterS: seconds }),
  }
}
