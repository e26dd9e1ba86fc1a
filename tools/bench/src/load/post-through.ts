import { setTimeout as delay } from 'node:timers/promises'
import type { Ground } from '@parvis/stack/ground'
import type { BenchServers } from '../bench-servers.ts'
import type { BenchWall } from '../bench-wall.ts'
import { cpuOfParts, sumOf, usedSince } from '../parts.ts'
import type { Readings } from '../suite.ts'
import { countEntries } from './count-entries.ts'
import type { PostLoad } from './post-load.ts'
import { openStoredPosts } from './stored-posts.ts'

/** After the last post, how long the wall may take until all are seen. What is not seen by then is lost, or as good as. */
const SEEN_MS = 30_000

/**
 * Posts for some seconds, waits until a socket has seen every post, and says what that took: from the first post to the
 * last one seen. Readings: `postsPerSecond`, `acceptedPerSecond`, `cpuMs` (per 1,000 posts, of the wall and its
 * servers), `postsPerCpuSecond`, `storedPercent` and `seenPercent` (of the accepted), `refused`, `generatorPercent` (the
 * generator's CPU, of all that was used), and `cpu <part>` in ms per 1,000 posts.
 */
export async function postThrough(options: {
  wall: BenchWall
  servers: BenchServers
  ground: Ground
  channels: readonly string[]
  seconds: number
  load: () => Promise<PostLoad>
}): Promise<Readings> {
  const { wall, servers, ground, channels, seconds } = options
  await using stored = await openStoredPosts(ground)
  using reader = await countEntries(wall.gateways[0]!.url, channels)
  const rowsBefore = await stored.numbered()
  using load = await options.load()
  const [cpuBefore, ownBefore, started] = [cpuOfParts(wall, servers), process.cpuUsage(), performance.now()]
  await delay(seconds * 1000)
  await load.stop()
  const acceptedIn = (performance.now() - started) / 1000
  const accepted = load.accepted()
  for (const until = performance.now() + SEEN_MS; reader.seen() < accepted; await delay(2)) {
    if (performance.now() > until) break
  }
  const took = (performance.now() - started) / 1000
  const own = process.cpuUsage(ownBefore)
  const used = usedSince(cpuBefore, cpuOfParts(wall, servers))
  const [cpu, generatorMs] = [sumOf(used), (own.user + own.system) / 1000]
  const rows = (await stored.numbered()) - rowsBefore
  return {
    postsPerSecond: accepted / took,
    acceptedPerSecond: accepted / acceptedIn,
    cpuMs: (cpu / accepted) * 1000,
    postsPerCpuSecond: (accepted / cpu) * 1000,
    storedPercent: (rows / accepted) * 100,
    seenPercent: (reader.seen() / accepted) * 100,
    refused: load.refused(),
    generatorPercent: (generatorMs / (cpu + generatorMs)) * 100,
    ...Object.fromEntries(Object.entries(used).map(([part, ms]) => [`cpu ${part}`, (ms / accepted) * 1000])),
  }
}
