import { setTimeout as sleep } from 'node:timers/promises'
import type { Ground } from '@parvis/stack/ground'
import { postSteadily } from '../load/open-loop.ts'
import { type Ours, startOurs } from '../ours.ts'
import { postFlatOut, tripsPerPage, whenShown, writeCalls } from './counts.ts'
import { openTripCounter } from './trip-counter.ts'

const PAGES = 20
const STEADY_RATE = 100
const STOPPED_MS = 270
const RUNNING_MS = 30

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
    /** Readers are at a second gateway, which is stopped most of the time: as busy as one with very many sockets. */
    busy?: boolean
    signal: AbortSignal
  },
): Promise<{ writes: number; commits: number; trips: number; pagesElsewhere: number }> {
  const { seconds, posts, openReaders, sockets, busy = false, signal } = options
  await using redis = await openTripCounter(ground.servers.redis.url)
  await using mysql = await openTripCounter(ground.servers.mysql.url)
  const servers = { ...ground.servers, redis: { url: redis.url }, mysql: { url: mysql.url } }
  await using ours = await startOurs({ ...ground, servers }, { counts: { gateway: busy ? 2 : 1 }, signal })
  const [gateway] = ours.wall.gateways as [Ours['wall']['gateways'][0]]
  const reading = ours.wall.gateways.at(-1)!

  let sent = 0
  let writes = 0
  {
    await using readers = await openReaders({ ...ours, url: ours.urls.at(-1)! })
    await readers.reset()
    const before = writeCalls(reading.pid)
    const end = busy ? keepBusy(reading.pid) : undefined
    sent = (await postSteadily(ours.post, { perSecond: STEADY_RATE, seconds, signal })).length
    await end?.()
    const shown = await readers.shown(sent * sockets)
    writes = (writeCalls(reading.pid) - before) / shown
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

/** Lets a process run for a tenth of the time; gives what ends that. */
function keepBusy(pid: number): () => Promise<void> {
  const ended = new AbortController()
  const running = (async () => {
    try {
      while (!ended.signal.aborted) {
        process.kill(pid, 'SIGSTOP')
        await sleep(STOPPED_MS)
        process.kill(pid, 'SIGCONT')
        await sleep(RUNNING_MS)
      }
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })()
  return async () => {
    ended.abort()
    await running
  }
}

async function headOf(gateway: string): Promise<number> {
  const answer = await fetch(`${gateway}/posts?channel=bench&limit=1`)
  return ((await answer.json()) as { head: number }).head
}
