import { setTimeout as sleep } from 'node:timers/promises'
import { merge } from './histogram.ts'
import { type Reader, type ReaderReport, startReader } from './reader.ts'

/** A process may have 20,000 files open. */
const MOST_A_READER = 19_500
const CONNECT_MS = 180_000

export interface Reached {
  post: number
  /** From its intended time until the last socket of the crowd had it, ms. */
  ms: number
}

export type Crowd = Awaited<ReturnType<typeof openCrowd>>

/**
 * Opens `sockets` readers, spread over the addresses, that do nothing but count. Disposal closes them.
 * @param hello what each says after the upgrade
 * @param greeted wait until each has got a first frame: where the server answers a subscription
 */
export async function openCrowd(options: {
  urls: readonly string[]
  subprotocol?: string | undefined
  hello: readonly string[]
  sockets: number
  greeted?: boolean
  signal: AbortSignal
}) {
  const { urls, subprotocol, hello, sockets, greeted = false, signal } = options
  const shares = shareOut(sockets, urls)
  const reached: Reached[] = []
  const parts = new Map<number, { readers: number; last: bigint }>()
  let awaited: { post: number; resolve: (reached: Reached) => void } | undefined

  function onReached(post: number, intended: bigint, last: bigint): void {
    const part = parts.get(post) ?? { readers: 0, last: 0n }
    part.readers++
    if (last > part.last) part.last = last
    if (part.readers < shares.length) return void parts.set(post, part)
    parts.delete(post)
    const whole = { post, ms: Number(part.last - intended) / 1e6 }
    reached.push(whole)
    if (awaited?.post === post) awaited.resolve(whole)
  }

  await using stack = new AsyncDisposableStack()
  const readers: Reader[] = []
  for (const { url } of shares) readers.push(stack.use(await startReader(url, subprotocol, { onReached })))
  for (const reader of readers) reader.setHello(hello)
  const opened = readers.map((reader, index) => reader.open(shares[index]!.sockets, { greeted, limitMs: CONNECT_MS }))
  const aborted = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true })
  await Promise.race([Promise.all(opened), aborted.promise])
  const own = stack.move()

  return {
    sockets,
    pids: () => readers.map(({ pid }) => pid),
    /** Posts that have reached every socket since the last reset, as they did. */
    reached: () => reached,
    /** Resolves when this post has reached every socket; rejects after `limitMs`. To be called before posting it. */
    async whenReached(post: number, limitMs: number): Promise<Reached> {
      const { promise, resolve } = Promise.withResolvers<Reached>()
      awaited = { post, resolve }
      const left = new AbortController()
      const late = sleep(limitMs, 'late' as const, { signal: left.signal }).catch(() => 'late' as const)
      const first = await Promise.race([promise, late, aborted.promise]).finally(() => left.abort())
      if (first === 'late') throw new Error(`post ${post} had not reached all ${sockets} sockets after ${limitMs} ms`)
      return first
    },
    setHello(frames: readonly string[]): void {
      for (const reader of readers) reader.setHello(frames)
    },
    redial: (limitMs: number) =>
      Promise.race([Promise.all(readers.map((one) => one.redial(limitMs))), aborted.promise]),
    async reset(): Promise<void> {
      await Promise.all(readers.map((reader) => reader.reset()))
      reached.length = 0
      parts.clear()
    },
    /** The counts of all readers together. */
    async report(): Promise<ReaderReport> {
      const reports = await Promise.all(readers.map((reader) => reader.report()))
      const sum = (name: Exclude<keyof ReaderReport, 'latency' | 'greeting'>) =>
        reports.reduce((total, report) => total + report[name], 0)
      return {
        open: sum('open'),
        frames: sum('frames'),
        bytes: sum('bytes'),
        deliveries: sum('deliveries'),
        closed: sum('closed'),
        redials: sum('redials'),
        snapshots: sum('snapshots'),
        holes: sum('holes'),
        doubled: sum('doubled'),
        latency: merge(reports.map(({ latency }) => latency)),
        greeting: merge(reports.map(({ greeting }) => greeting)),
      }
    },
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  }
}

/** Who reads from where: one reader an address, more when one would have too many files open. */
export function shareOut(sockets: number, urls: readonly string[]): { url: string; sockets: number }[] {
  const readers = Math.max(urls.length, Math.ceil(sockets / MOST_A_READER))
  return Array.from({ length: readers }, (_, index) => ({
    url: urls[index % urls.length] as string,
    sockets: Math.floor(sockets / readers) + (index < sockets % readers ? 1 : 0),
  }))
}
