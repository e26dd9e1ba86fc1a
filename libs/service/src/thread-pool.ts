import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'

/**
 * What a thread may take for one batch, counted from when it has one for it: then the thread is ended and replaced. What
 * runs inline has no such limit.
 */
const TASK_MS = 5_000
const LOOK_MS = 250
/** How long a batch waits for a thread: one in front of it may use up its time, and be replaced. */
const WAIT_MS = 6_000
/** After a batch has failed in a thread nothing runs inline for so long: its items come again, fewer at a time. */
const WARY_MS = 60_000
/**
 * Batches in threads or waiting for one. One batch a partition is in work at a time, so this is never reached by them.
 * Counted here: Piscina's own `maxQueue` (5.3.2) does not bound tasks that can be aborted.
 */
const MOST_BATCHES = 64

/**
 * A pool of threads for one pure function, the default export of a `.task.ts` file.
 * A small batch runs inline: handing over costs about 35 µs, more than the work (docs/decisions has the figures).
 * @param inlineBelow batches of fewer items than this run on the calling thread
 * @returns `run`, which rejects if the function throws, with a TooSlowError if it takes more than 5 s, and with a
 *   TransientError when no thread was free for 6 s; and the release
 */
export async function createThreadPool<I, O>(file: URL, inlineBelow: number) {
  const { default: inline } = (await import(file.href)) as { default: (items: readonly I[]) => O[] }
  const threads = Math.max(1, Math.min(4, availableParallelism() - 1))
  const pool = new Piscina({ filename: file.href, minThreads: 1, maxThreads: threads })
  const waiting = new Set<() => void>()
  let busy = 0
  let waryUntil = 0

  async function takeThread(): Promise<void> {
    if (busy < threads) return void busy++
    const given = Promise.withResolvers<void>()
    const late = setTimeout(() => {
      waiting.delete(given.resolve)
      given.reject(named('TransientError', 'all threads are busy'))
    }, WAIT_MS)
    waiting.add(given.resolve)
    await given.promise.finally(() => clearTimeout(late))
  }

  /** The one that has waited longest gets the thread. */
  function giveThread(): void {
    const [next] = waiting
    if (!next) return void busy--
    waiting.delete(next)
    next()
  }

  return {
    async run(items: readonly I[]): Promise<O[]> {
      if (items.length < inlineBelow && Date.now() > waryUntil) return inline(items)
      if (busy + waiting.size >= MOST_BATCHES) throw named('TransientError', 'all threads are busy')
      await takeThread()
      return inThread(items).finally(giveThread)
    },
    [Symbol.asyncDispose]: () => pool.close({ force: true }),
  }

  async function inThread(items: readonly I[]): Promise<O[]> {
    using limit = runningTime(TASK_MS)
    try {
      return await pool.run(items, { signal: limit.signal })
    } catch (error) {
      waryUntil = Date.now() + WARY_MS
      if ((error as Error).name !== 'AbortError') throw error
      throw named('TooSlowError', `a thread was given up after ${TASK_MS / 1000} s`)
    }
  }
}

/** A limit of time that does not count while the whole process stands still: its threads stand still as well. */
function runningTime(ms: number): { signal: AbortSignal } & Disposable {
  const over = new AbortController()
  let left = ms
  let looked = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    left -= Math.min(now - looked, 2 * LOOK_MS)
    looked = now
    if (left <= 0) over.abort()
  }, LOOK_MS)
  return { signal: over.signal, [Symbol.dispose]: () => clearInterval(timer) }
}

/** Errors that cross threads and packages are known by their names. */
function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
export type ThreadPool<I, O> = Awaited<ReturnType<typeof createThreadPool<I, O>>>
