import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'

/** What a thread may take for one batch. A text that makes it run longer is set aside, and the thread is replaced. */
const TASK_MS = 5_000

/**
 * A pool of threads for one pure function, the default export of a `.task.ts` file.
 * A small batch runs inline: handing over costs about 35 µs, more than the work (docs/decisions has the figures).
 * @param inlineBelow batches of fewer items than this run on the calling thread
 * @returns `run`, which rejects if the function throws or takes more than 5 s, and the release
 */
export async function createThreadPool<I, O>(file: URL, inlineBelow: number) {
  const { default: inline } = (await import(file.href)) as { default: (items: readonly I[]) => O[] }
  const pool = new Piscina({
    filename: file.href,
    minThreads: 1,
    maxThreads: Math.max(1, Math.min(4, availableParallelism() - 1)),
    // One batch a partition is in work at a time, so the queue is short by itself; this only says so.
    maxQueue: 64,
  })
  return {
    async run(items: readonly I[]): Promise<O[]> {
      if (items.length < inlineBelow) return inline(items)
      return pool.run(items, { signal: AbortSignal.timeout(TASK_MS) })
    },
    [Symbol.asyncDispose]: () => pool.close({ force: true }),
  }
}
export type ThreadPool<I, O> = Awaited<ReturnType<typeof createThreadPool<I, O>>>
