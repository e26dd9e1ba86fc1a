import { explain, TransientError } from '../errors.ts'
import { backOffMs, pause } from '../wait.ts'

export interface StoreAddress {
  /** One or several services in front of the same store, separated by commas; the next is asked when one is away. */
  urls: string
  /** The service token. */
  token: string
  /** How long one try may take. */
  timeoutMs?: number
  /** How often a call is tried before it is given up. */
  tries?: number
}

export interface StoreAnswer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: each route has a shape of its own
  body: any
}

/** The longest pause between two tries. */
const MOST_PAUSE_MS = 500

/**
 * Makes the one way in which the http adapters speak to the service.
 * A call rejects with a TransientError when no try got an answer, or the last was 429 or 5xx; with an Error for what
 * repeating cannot mend (a wrong token, a message that does not fit).
 */
export function storeCaller({ urls, token, timeoutMs = 1_500, tries = 3 }: StoreAddress) {
  const addresses = urls.split(',').map((url) => url.trim().replace(/\/+$/, ''))
  let preferred = 0

  async function once(method: string, path: string, body: unknown): Promise<StoreAnswer> {
    const response = await fetch(`${addresses[preferred]}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }

  /** @param expected statuses from 400 on that are answers too */
  return async (method: string, path: string, body?: unknown, expected: number[] = []): Promise<StoreAnswer> => {
    let why = ''
    for (let attempt = 0; attempt < tries; attempt++) {
      if (attempt > 0) await pause(backOffMs(attempt - 1, MOST_PAUSE_MS))
      try {
        const answer = await once(method, path, body)
        if (answer.status < 400 || expected.includes(answer.status)) return answer
        why = `${answer.status} ${answer.body?.detail ?? ''}`.trim()
        if (answer.status < 500 && answer.status !== 429) throw new StoreRefusal(`the store refused ${path}: ${why}`)
        if (answer.body?.reason === 'store-full') throw new TransientError('store-full', answer.body.detail)
      } catch (error) {
        if (Error.isError(error) && (error.name === 'StoreRefusal' || error.name === 'TransientError')) throw error
        why = Error.isError(error) && error.cause ? explain(error.cause) : explain(error)
      }
      preferred = (preferred + 1) % addresses.length
    }
    throw new TransientError('store-unreachable', `the store gave no answer in ${tries} tries: ${why}`)
  }
}

class StoreRefusal extends Error {
  override name = 'StoreRefusal'
}
