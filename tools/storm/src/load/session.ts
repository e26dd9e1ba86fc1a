import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Session {
  pseudo: string
  token: string
  sessionId: string
}

/** Chooses a pseudo nobody has, at any gateway that answers; repeats for a minute. */
export async function openSession(gateways: readonly string[]): Promise<Session> {
  const until = Date.now() + 60_000
  for (let attempt = 0; ; attempt++) {
    const pseudo = `storm ${randomBytes(5).toString('hex')}`
    const answer = await request(gateways[attempt % gateways.length]!, '/auth/choose-pseudo', {
      body: { pseudo },
    }).catch(() => undefined)
    if (answer?.status === 201) return { pseudo, token: answer.body.token, sessionId: answer.body.sessionId }
    if (Date.now() > until) throw new Error(`no session to be had: ${answer?.status ?? 'no answer'}`)
    await sleep(250)
  }
}

/** Longer than a gateway waits for a confirm. */
const ANSWER_MS = 15_000

/** One request with a JSON body; rejects when there is no answer in time. */
export async function request(
  gateway: string,
  path: string,
  {
    body,
    token,
    method = body === undefined ? 'GET' : 'POST',
    headers = {},
    limitMs = ANSWER_MS,
  }: { body?: unknown; token?: string; method?: string; headers?: Record<string, string>; limitMs?: number } = {},
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
): Promise<{ status: number; body: any; headers: Headers }> {
  const response = await fetch(gateway + path, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(limitMs),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined }
}
