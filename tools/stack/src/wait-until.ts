import { setTimeout as delay } from 'node:timers/promises'
import { type Log, PlainError } from './servers.ts'

const PROGRESS_MS = 5_000

/**
 * Asks again every 100 ms until the answer is yes; a rejection counts as no. Says every 5 s what is waited for.
 * Rejects with `failed` when that rejects, and after `limitMs` with one sentence.
 */
export async function waitUntil(
  what: string,
  answers: () => Promise<boolean>,
  { limitMs, failed, log, hint }: { limitMs: number; failed: Promise<never>; log: Log; hint: string },
): Promise<void> {
  const started = performance.now()
  let said = started
  let last = ''
  for (;;) {
    const yes = await Promise.race([
      failed,
      answers().catch((error: Error) => {
        last = error.message
        return false
      }),
    ])
    if (yes) return
    const now = performance.now()
    if (now - started > limitMs) {
      throw new PlainError(`${what} did not answer within ${limitMs / 1000} s${last && ` (${last})`}. ${hint}`)
    }
    if (now - said >= PROGRESS_MS) {
      said = now
      log(`waiting for ${what}, ${Math.round((now - started) / 1000)} s so far`)
    }
    await Promise.race([failed, delay(100)])
  }
}
