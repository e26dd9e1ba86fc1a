import { setTimeout as sleep } from 'node:timers/promises'
import { measureCounts, type Readers } from '../counts/measure-counts.ts'
import { figureOf, holdTo } from '../figure.ts'
import { openSettledCrowd } from '../load/measure-crowd.ts'
import type { Ours } from '../ours.ts'
import type { Bench, Suite } from '../suite.ts'

const DRAIN_MS = 15_000

/** B14: what is done for one post, counted. The same counts are held by a test, with fewer sockets. */
export const counts: Suite = {
  id: 'B14',
  title: 'counts',
  seconds: { quick: 14, full: 60 },
  async run(bench) {
    const { quick, signal } = bench
    const sockets = quick ? 2_000 : 10_000
    await using ground = await bench.servers.freshGround()
    const readings = await measureCounts(ground, {
      seconds: quick ? 3 : 10,
      posts: quick ? 4_000 : 20_000,
      sockets,
      openReaders: (ours) => openReaders(ours, sockets, bench),
      signal,
    })
    const measured = [{ name: 'Parvis', kind: 'ours' as const, rounds: [readings] }]
    const crowd = `100 posts/s to ${sockets.toLocaleString('en')} sockets`
    const writes = figureOf(measured, 'writes', `Writes of the gateway per delivered post, ${crowd}`, 'writes')
    holdTo(writes, { atMost: 0.2 })
    const commits = figureOf(measured, 'commits', 'Commits per 1,000 posts, as fast as they are accepted', 'commits')
    holdTo(commits, { atMost: 20 })
    const trips = figureOf(measured, 'trips', 'Trips to Redis for a page that the gateway has not in memory', 'trips')
    holdTo(trips, { atMost: 1 })
    return {
      figures: [writes, commits, trips],
      notes: [
        `Writes are all write and writev calls of the gateway, as the kernel counts them, so also those to the broker. Commits and trips are counted by a proxy before MySQL and Redis; ${readings.pagesElsewhere} of the pages did not come from Redis.`,
      ],
    }
  },
}

async function openReaders(ours: Ours, sockets: number, { signal }: Bench): Promise<Readers> {
  const crowd = await openSettledCrowd(ours, sockets, { signal })
  return {
    reset: () => crowd.reset(),
    async shown(expected) {
      for (const limit = performance.now() + DRAIN_MS; performance.now() < limit; await sleep(50)) {
        if ((await crowd.report()).deliveries >= expected) break
      }
      return (await crowd.report()).deliveries
    },
    [Symbol.asyncDispose]: () => crowd[Symbol.asyncDispose](),
  }
}
