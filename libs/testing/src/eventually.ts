import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until `check` resolves without throwing, and gives what it gave; after `ms` it throws the last failure. */
export async function eventually<T>(check: () => T | Promise<T>, ms = 120_000): Promise<T> {
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
