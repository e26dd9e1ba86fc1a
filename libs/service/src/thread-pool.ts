import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'

/** What a thread may take for one batch; then it is ended and replaced. What runs inline has no such limit. */
const TASK_MS = 5_000
/**
 * Batches in threads or waiting for one. One batch a partition is in work at a time, so this is never reached by them.
 * Counted here: Piscina's own `maxQueue` (5.3.2) does not bound tasks that can be aborted.
 */
const MOST_BATCHES = 64

/**
 * A pool of threads for one pure function, the default export of a `.task.ts` file.
 * A small batch runs inline: handing over costs about 35 µs, more than the work (docs/decisions has the figures).
 * @param inlineBelow batches of fewer items than this run on the calling thread
 * @returns `run`, which rejects if the function throws or takes more than 5 s, and with a TransientError when all threads
 *   are busy; and the release
 */
export async function createThreadPool<I, O>(file: URL, inlineBelow: number) {
  const { default: inline } = (await import(file.href)) as { default: (items: readonly I[]) => O[] }
  const pool = new Piscina({
    filename: file.href,
    minThreads: 1,
    maxThreads: Math.max(1, Math.min(4, availableParallelism() - 1)),
  })
  let batches = 0
  return {
    async run(items: readonly I[]): Promise<O[]> {
      if (items.length < inlineBelow) return inline(items)
      if (batches >= MOST_BATCHES) throw named('TransientError', 'all threads are busy')
      batches++
      try {
        return await pool.run(items, { signal: AbortSignal.timeout(TASK_MS) })
      } catch (error) {
        if ((error as Error).name !== 'AbortError') throw error
        throw named('TooSlowError', `a thread was given up after ${TASK_MS / 1000} s`)
      } finally {
        batches--
      }
    },
    [Symbol.asyncDispose]: () => pool.close({ force: true }),
  }
}

/** Errors that cross threads and packages are known by their names. */
function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
export type ThreadPool<I, O> = Awaited<ReturnType<typeof createThreadPool<I, O>>>
