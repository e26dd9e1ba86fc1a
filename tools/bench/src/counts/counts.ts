import { readFileSync } from 'node:fs'
import { postText } from '../load/post-text.ts'
import { openWallWriter } from '../load/wall-writer.ts'
import { CHANNEL, type Ours } from '../ours.ts'
import type { openTripCounter } from './trip-counter.ts'

type TripCounter = Awaited<ReturnType<typeof openTripCounter>>

/** Calls of write(2) and writev(2) that a process has made so far, as the kernel counts them (proc(5), `io`). */
export function writeCalls(pid: number): number {
  return Number(/^syscw: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])
}

/** Posts as fast as they are accepted, `window` unanswered at a time; resolves when all are. */
export async function postFlatOut(post: Ours['post'], posts: number, window: number): Promise<void> {
  let left = posts
  const one = async () => {
    while (left-- > 0) await post(postText(process.hrtime.bigint()).text)
  }
  await Promise.all(Array.from({ length: window }, one))
}

/** Waits until a reader of the wall would find its last sequence at `last`. */
export async function whenShown(gateway: string, last: number): Promise<void> {
  for (const limit = performance.now() + 30_000; performance.now() < limit; ) {
    const answer = await fetch(`${gateway}/posts?channel=${CHANNEL}&limit=1`)
    const { head } = (await answer.json()) as { head: number }
    if (head >= last) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the wall did not come to ${last}`)
}

/**
 * Trips to Redis for a page that the gateway does not have in memory: reads the newest page of `pages` channels, each
 * for the first time.
 * @returns trips a page, and how many pages came from elsewhere than Redis
 */
export async function tripsPerPage(
  gateway: string,
  redis: TripCounter,
  pages: number,
): Promise<{ trips: number; elsewhere: number }> {
  const channels = Array.from({ length: pages }, (_, index) => `page-${index}`)
  for (const channel of channels) {
    const writer = await openWallWriter(gateway, channel, 1)
    await writer.post(postText(process.hrtime.bigint()).text)
    writer.close()
  }
  // The first read asks MySQL until the window is there; only whole windows are read below.
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  const before = redis.trips()
  let elsewhere = 0
  for (const channel of channels) {
    const answer = await fetch(`${gateway}/posts?channel=${channel}`)
    await answer.arrayBuffer()
    if (answer.headers.get('x-parvis-source') !== 'redis') elsewhere++
  }
  // The gateway's connection is the one that spoke most; a worker's renews leases now and then.
  const spoken = redis.trips().map((trips, line) => trips - (before[line] ?? 0))
  return { trips: Math.max(...spoken) / pages, elsewhere }
}
