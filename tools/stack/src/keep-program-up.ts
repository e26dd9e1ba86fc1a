import { setTimeout as delay } from 'node:timers/promises'
import { createBackOff } from './back-off.ts'
import type { ServerProgram } from './server-program.ts'
import type { Log } from './servers.ts'

/**
 * Starts a server program again whenever it ends by itself, on the same ports and the same data, so that services find
 * it where it was: after 0.5 s, doubling to 10 s.
 * @param started is told of each process that takes its place
 */
export function keepProgramUp(
  first: ServerProgram,
  { log, started }: { log: Log; started: (program: ServerProgram) => void },
): Pick<ServerProgram, 'name' | 'stop'> {
  const backOff = createBackOff()
  const stopped = new AbortController()
  let current = first
  let starting: Promise<unknown> = Promise.resolve()

  async function again(): Promise<void> {
    current = await current.again()
    started(current)
  }

  async function keepUp(): Promise<void> {
    for (;;) {
      const from = performance.now()
      const why = await current.failed.catch((error: Error) => error.message)
      if (stopped.signal.aborted) return
      const wait = backOff(performance.now() - from)
      log(`${why} It is started again in ${wait / 1000} s.`)
      await delay(wait, undefined, { signal: stopped.signal }).catch(() => {})
      if (stopped.signal.aborted) return
      // What cannot be run has not taken its place, and is tried again.
      starting = again().catch((error: Error) => log(error.message))
      await starting
    }
  }

  void keepUp()
  return {
    name: first.name,
    async stop(limitMs) {
      stopped.abort()
      await starting
      await current.stop(limitMs)
    },
  }
}
