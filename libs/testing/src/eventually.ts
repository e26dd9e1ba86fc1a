import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Less than what makes good for a fault by and by, the heartbeat (25 s) and the republisher's next look (30 s): a test
 * that waited for these would not see the fault.
 */
const PATIENCE_MS = 24_000

/** Waits until `check` resolves without throwing, and gives what it gave; after `ms` it throws the last failure. */
export async function eventually<T>(check: () => T | Promise<T>, ms = PATIENCE_MS): Promise<T> {
  const until = Date.now() + ms
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(25)
    }
  }
}
