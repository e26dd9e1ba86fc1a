import { keepUp } from './keep-up.ts'
import type { ServerProgram } from './server-program.ts'
import type { Log } from './servers.ts'

/**
 * Starts a server program again whenever it ends by itself, on the same ports and the same data, so that services find
 * it where it was.
 * @param started is told of each process that takes its place
 */
export function keepProgramUp(
  first: ServerProgram,
  { log, started }: { log: Log; started: (program: ServerProgram) => void },
): Pick<ServerProgram, 'name' | 'stop'> {
  const stopped = new AbortController()
  let current = first
  let starting: Promise<unknown> = Promise.resolve()

  async function again() {
    current = await current.again()
    try {
      started(current)
    } catch (error) {
      // It runs all the same; taken for one that does not, it would be started once more beside itself.
      log(`${current.name} runs again, and could not be noted: ${(error as Error).message}`)
    }
    return running(current)
  }

  void keepUp(
    running(first),
    () => {
      const next = again()
      starting = next.catch(() => {})
      return next
    },
    { say: (how, seconds) => log(`${how}; starts again in ${seconds} s`), stopped: stopped.signal },
  )
  return {
    name: first.name,
    async stop(limitMs) {
      stopped.abort()
      await starting
      await current.stop(limitMs)
    },
  }
}

const running = ({ failed }: ServerProgram) => ({ ended: failed.catch((error: Error) => error.message) })
