import { setTimeout as delay } from 'node:timers/promises'
import { createBackOff } from './back-off.ts'

/** Something that runs; `ended` resolves with how it ended. */
export interface Running {
  ended: Promise<string>
}

/**
 * Starts something again whenever it ends, until `stopped`: after 0.5 s, doubling to 10 s.
 * @param again starts it once more; a start that fails is one more end
 * @param say is told of each end: how, and in how many seconds it starts again
 */
export async function keepUp(
  first: Running,
  again: () => Promise<Running>,
  { say, stopped }: { say: (how: string, seconds: number) => void; stopped: AbortSignal },
): Promise<void> {
  const backOff = createBackOff()
  for (let current = first; ; ) {
    const from = performance.now()
    const how = await current.ended
    if (stopped.aborted) return
    const wait = backOff(performance.now() - from)
    say(how, wait / 1000)
    await delay(wait, undefined, { signal: stopped }).catch(() => {})
    if (stopped.aborted) return
    current = await again().catch((error: Error) => ({ ended: Promise.resolve(error.message) }))
  }
}
