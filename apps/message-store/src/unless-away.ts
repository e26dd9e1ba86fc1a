import { isTransient, type TransientError } from '@parvis/bus/errors'
import { Refusal } from '@parvis/service/problem-answer'

/** Runs it; 503 with `Retry-After` and the reason when MySQL, Redis or the broker does not answer, or the store is full. */
export async function unlessAway<R>(run: () => Promise<R>): Promise<R> {
  try {
    return await run()
  } catch (error) {
    if (!isTransient(error)) throw error
    const { code, message } = error as TransientError
    throw new Refusal('not-available', message, { retryAfterS: 1, reason: code })
  }
}
