import { setTimeout as delay } from 'node:timers/promises'
import { PAGE_DEFAULT, WINDOW_ENTRIES } from '@parvis/contracts/limits'
import type { Ground } from '@parvis/stack/ground'
import { windowKeys } from '@parvis/storage/window'
import { Redis } from 'ioredis'
import { openBenchWall } from '../bench-wall.ts'
import { figureOf, holdAgainst, holdTo } from '../figure.ts'
import { startFloor } from '../floors/run-floor.ts'
import { interleave } from '../interleave.ts'
import { getOnSchedule } from '../load/get-on-schedule.ts'
import { makeWall } from '../load/make-wall.ts'
import type { Contender, Readings, Suite } from '../suite.ts'

const FLOOR = 'bare range read over HTTP'
/** A gateway remembers 1,000 channels that nobody watches: of more, read in turn, it never has the next one. */
const SMALL = 1_100
const LARGE = 100
const PER_SECOND = { small: 300, large: 100 }
/** cache-worker looks for windows to be made every 10 s. */
const LEASED_MS = 60_000

/** B9: the newest page of channels that the gateway does not know, from their windows in Redis. */
export const pageFromRedis: Suite = {
  id: 'B9',
  title: 'The newest page by Redis, at a gateway that does not know the channel',
  seconds: { quick: 45, full: 80 },
  async run(bench) {
    const { signal } = bench
    const rounds = bench.quick ? 2 : 5
    await using ground = await bench.servers.freshGround()
    await using wall = await openBenchWall(ground, { signal })
    await makeWall(ground, { name: 'cold', channels: SMALL, posts: PAGE_DEFAULT })
    await makeWall(ground, { name: 'full', channels: LARGE, posts: WINDOW_ENTRIES })
    const [small, large] = [namesOf('cold', SMALL), namesOf('full', LARGE)]
    bench.log('waiting for the windows')
    await untilLeased(ground, [...small, ...large], signal)
    const settings = { url: ground.servers.redis.url, prefix: ground.redisPrefix, entries: PAGE_DEFAULT }
    await using floor = await startFloor('redis-page', settings)
    const measure = async (address: string, from: { source?: 'redis' } = {}): Promise<Readings> => {
      const ask = (channels: string[], perSecond: number) => {
        const urls = channels.map((channel) => `${address}/posts?channel=${channel}`)
        return getOnSchedule({ urls, connections: 20, signal, tolerant: true, ...from }, perSecond, urls.length)
      }
      const [page, window] = [await ask(small, PER_SECOND.small), await ask(large, PER_SECOND.large)]
      return { p50Ms: page.p50Ms, p95Ms: page.p95Ms, windowP95Ms: window.p95Ms, rightPercent: 100 - page.wrongPercent }
    }
    const contenders: Contender[] = [
      { name: 'Parvis', kind: 'ours', measure: () => measure(wall.gateways[0]!.url, { source: 'redis' }) },
      { name: FLOOR, kind: 'floor', measure: () => measure(floor.url) },
    ]
    bench.log('warming up')
    for (const contender of contenders) await contender.measure(signal)
    const measured = await interleave(contenders, rounds, bench)
    const late = figureOf(measured, 'p95Ms', 'p95, windows of 50 posts, 300 pages a second on a schedule', 'ms')
    holdTo(late, { atMost: 1 })
    holdAgainst(late, FLOOR, { atMost: 1.5 })
    const usual = figureOf(measured, 'p50Ms', 'p50 of the same', 'ms')
    const full = figureOf(measured, 'windowP95Ms', 'p95, full windows of 500 posts, 100 pages a second', 'ms')
    const right = figureOf(measured, 'rightPercent', 'pages that came from Redis', '%')
    holdTo(right, { atLeast: 99 })
    const note = `${SMALL} and ${LARGE} channels, each read once a round: more than a gateway remembers.`
    return { figures: [late, usual, full, right], notes: [note] }
  },
}

function namesOf(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${name}-${n}`)
}

/** Resolves when a cache-worker has made a window of each channel and vouches for it. */
async function untilLeased(ground: Ground, channels: readonly string[], signal: AbortSignal): Promise<void> {
  const redis = new Redis(ground.servers.redis.url)
  try {
    const leases = channels.map((channel) => windowKeys(ground.redisPrefix, channel)[2])
    // Renewed within one round: then rounds are short, and no lease ends between two of them.
    const settled = async () => {
      const left = await Promise.all(leases.map((lease) => redis.pttl(lease)))
      return Math.min(...left) > 0 && Math.max(...left) - Math.min(...left) < 4_000
    }
    for (const until = performance.now() + LEASED_MS; !(await settled()); await delay(250)) {
      signal.throwIfAborted()
      if (performance.now() > until) throw new Error(`not all windows were made in ${LEASED_MS / 1000} s`)
    }
  } finally {
    redis.disconnect()
  }
}
