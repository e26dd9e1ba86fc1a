import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMs, machineMs } from '../cpu.ts'
import type { RunningPeer } from '../peers/peer.ts'
import type { Readings } from '../suite.ts'
import { type Crowd, openCrowd } from './crowd.ts'
import { quantile, quantileOf } from './histogram.ts'
import { postSteadily } from './open-loop.ts'
import { postText } from './post-text.ts'

const LAST_MS = 20_000
const TRIES = 10
const DRAIN_MS = 5_000

/** Opens a crowd at this system and waits until one post reaches all of it. */
export async function openSettledCrowd(
  { url, subprotocol, hello, post }: Pick<RunningPeer, 'url' | 'subprotocol' | 'hello' | 'post'>,
  sockets: number,
  options: { signal: AbortSignal; urls?: readonly string[] },
): Promise<Crowd> {
  const { urls = [url], signal } = options
  const crowd = await openCrowd({ urls, subprotocol, hello, sockets, signal })
  try {
    // Who has been subscribed when, only a post that reaches all can tell for every system alike.
    await settle(post, crowd, signal)
    return crowd
  } catch (error) {
    await crowd[Symbol.asyncDispose]()
    throw error
  }
}

/** Resolves when one post has reached the whole crowd: nothing is on its way before it any more. */
export async function settle(post: RunningPeer['post'], crowd: Crowd, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { number, text } = postText(process.hrtime.bigint())
    const reached = crowd.whenReached(number, attempt * 2_000)
    reached.catch(() => {})
    await post(text)
    try {
      await reached
      return
    } catch (error) {
      if (attempt >= TRIES || signal.aborted) throw error
    }
  }
}

/**
 * One post at a time, the next when the last socket has it and no sooner than `everyMs`: nothing can be coalesced, and
 * no contender finds its sockets in the processor's caches because it alone was quick. Per delivery, in µs.
 */
export async function oneByOne(
  { post, pids }: Pick<RunningPeer, 'post' | 'pids'>,
  crowd: Crowd,
  options: { seconds: number; everyMs: number; signal: AbortSignal },
): Promise<Readings> {
  const { everyMs, signal } = options
  const warm = 3
  let until = Number.POSITIVE_INFINITY
  let before = { cpu: 0, readers: 0, busy: 0 }
  const now = () => ({ cpu: cpuMs(pids()), readers: cpuMs(crowd.pids()), busy: machineMs().busy })
  const toLast: number[] = []
  for (let index = 0; performance.now() < until; index++) {
    signal.throwIfAborted()
    if (index === warm) {
      await crowd.reset()
      before = now()
      until = performance.now() + options.seconds * 1000
    }
    const { number, text } = postText(process.hrtime.bigint())
    const reached = crowd.whenReached(number, LAST_MS)
    await Promise.all([post(text), reached, sleep(everyMs, undefined, { signal })])
    if (index >= warm) toLast.push((await reached).ms)
  }
  const after = now()
  const { deliveries, frames, bytes } = await crowd.report()
  const per = (ms: number) => (ms * 1000) / deliveries
  return {
    cpuPerDelivery: per(after.cpu - before.cpu),
    readersPerDelivery: per(after.readers - before.readers),
    busyPerDelivery: per(after.busy - before.busy),
    msToLast: quantileOf(toLast, 0.5),
    bytesPerFrame: bytes / frames,
    deliveries,
  }
}

/** Posts at a steady rate without measuring: code that has just started runs at a fraction of its speed. */
export async function warmUp(
  { post }: Pick<RunningPeer, 'post'>,
  crowd: Crowd,
  options: { perSecond: number; seconds: number; signal: AbortSignal },
): Promise<void> {
  await crowd.reset()
  const warming = await postSteadily(post, options)
  await untilReached(crowd, warming.length, DRAIN_MS, options.signal)
}

/** Posts at a steady rate to the whole crowd. Times in ms from the intended time; `delivered` is a share of 1. */
export async function steadily(
  { post, pids }: Pick<RunningPeer, 'post' | 'pids'>,
  crowd: Crowd,
  options: { perSecond: number; seconds: number; drainMs?: number; signal: AbortSignal },
): Promise<Readings> {
  const { perSecond, seconds, drainMs = DRAIN_MS, signal } = options
  await crowd.reset()
  const [cpu, readers, machine, from] = [cpuMs(pids()), cpuMs(crowd.pids()), machineMs(), performance.now()]
  const sent = await postSteadily(post, { perSecond, seconds, signal })
  await untilReached(crowd, sent.length, drainMs, signal)
  const lasted = (performance.now() - from) / 1000
  const { deliveries, frames, latency } = await crowd.report()
  const toLast = crowd.reached().map(({ ms }) => ms)
  // A post that has not reached all counts as one that took for ever.
  const missing = sent.length - toLast.length
  const all = [...toLast, ...Array<number>(missing).fill(Number.POSITIVE_INFINITY)]
  return {
    p50: quantileOf(all, 0.5),
    p99: quantileOf(all, 0.99),
    deliveryP50: quantile(latency, 0.5) / 1000,
    deliveryP99: quantile(latency, 0.99) / 1000,
    delivered: deliveries / (sent.length * crowd.sockets),
    deliveries,
    perSecond: deliveries / lasted,
    framesPerDelivery: frames / deliveries,
    cpuPerDelivery: ((cpuMs(pids()) - cpu) * 1000) / deliveries,
    readersShare: (cpuMs(crowd.pids()) - readers) / Math.max(1, machineMs().busy - machine.busy),
  }
}

/** Resolves when so many posts have reached all sockets since the last reset, or after `limitMs`. */
async function untilReached(crowd: Crowd, posts: number, limitMs: number, signal: AbortSignal): Promise<void> {
  const limit = performance.now() + limitMs
  while (crowd.reached().length < posts && performance.now() < limit) await sleep(20, undefined, { signal })
}
