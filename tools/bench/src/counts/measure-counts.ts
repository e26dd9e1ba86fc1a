import { setTimeout as sleep } from 'node:timers/promises'
import type { Ground } from '@parvis/stack/ground'
import type { Counts } from '@parvis/stack/supervise'
import { postSteadily } from '../load/open-loop.ts'
import { type Ours, startOurs } from '../ours.ts'
import { postFlatOut, tripsPerPage, whenShown, writeCalls } from './counts.ts'
import { openTripCounter } from './trip-counter.ts'

const PAGES = 20
const STEADY_RATE = 100

/** Readers that tell how many posts they were shown, all together. */
export interface Readers extends AsyncDisposable {
  /** Resolves with the number when no more come, or all of `expected` have. */
  shown(expected: number): Promise<number>
  reset(): Promise<void>
}

/**
 * Counts, without a clock: writes of the gateway per delivered post at 100 posts/s, commits per 1,000 posts that come
 * as fast as they are accepted, trips to Redis for a page that the gateway has not in memory.
 */
export async function measureCounts(
  ground: Ground,
  options: {
    seconds: number
    posts: number
    openReaders: (ours: Ours) => Promise<Readers>
    sockets: number
    counts?: Partial<Counts>
    signal: AbortSignal
  },
): Promise<{ writes: number; commits: number; trips: number; pagesElsewhere: number }> {
  const { seconds, posts, openReaders, sockets, signal } = options
  await using redis = await openTripCounter(ground.servers.redis.url)
  await using mysql = await openTripCounter(ground.servers.mysql.url)
  const servers = { ...ground.servers, redis: { url: redis.url }, mysql: { url: mysql.url } }
  await using ours = await startOurs({ ...ground, servers }, { signal })
  const [gateway] = ours.wall.gateways as [Ours['wall']['gateways'][0]]

  let sent = 0
  let writes = 0
  {
    await using readers = await openReaders(ours)
    await readers.reset()
    const before = writeCalls(gateway.pid)
    sent = (await postSteadily(ours.post, { perSecond: STEADY_RATE, seconds, signal })).length
    const shown = await readers.shown(sent * sockets)
    writes = (writeCalls(gateway.pid) - before) / shown
  }
  await sleep(500, undefined, { signal })

  const before = mysql.commits()
  const head = await headOf(gateway.url)
  await postFlatOut(ours.post, posts, 1_000)
  await whenShown(gateway.url, head + posts)
  const commits = ((mysql.commits() - before) * 1_000) / posts

  const { trips, elsewhere } = await tripsPerPage(gateway.url, redis, PAGES)
  return { writes, commits, trips, pagesElsewhere: elsewhere }
}

async function headOf(gateway: string): Promise<number> {
  const answer = await fetch(`${gateway}/posts?channel=bench&limit=1`)
  return ((await answer.json()) as { head: number }).head
}
