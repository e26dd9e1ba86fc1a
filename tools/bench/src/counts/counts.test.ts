import { setTimeout as sleep } from 'node:timers/promises'
import { freshGround } from '@parvis/testing/fresh-ground'
import { type Ours, SUBSCRIBE } from '../ours.ts'
import { measureCounts, type Readers } from './measure-counts.ts'

// The counts of B14 on a small wall, without a clock: they hold on any machine, busy or not.

const SOCKETS = 40

test('batches through every hop: few writes, few commits, one trip', async () => {
  await using ground = await freshGround()
  const { writes, commits, trips, pagesElsewhere } = await measureCounts(ground, {
    seconds: 2,
    posts: 2_000,
    sockets: SOCKETS,
    busy: true,
    openReaders,
    signal: AbortSignal.timeout(90_000),
  })
  console.log(
    `counts: ${writes.toFixed(3)} writes per delivered post, ${commits} commits per 1,000 posts, ${trips} trips`,
  )
  expect(writes).toBeLessThanOrEqual(0.2)
  // None would mean that none was seen.
  expect(commits).toBeGreaterThan(0)
  expect(commits).toBeLessThanOrEqual(20)
  expect(pagesElsewhere).toBe(0)
  expect(trips).toBeLessThanOrEqual(1)
})

/** A few sockets that count the posts in what they are sent. */
async function openReaders({ url, subprotocol }: Ours): Promise<Readers> {
  let posts = 0
  const sockets = await Promise.all(
    Array.from({ length: SOCKETS }, async () => {
      const socket = new WebSocket(url, subprotocol)
      const shown = Promise.withResolvers<void>()
      socket.addEventListener('error', () => shown.reject(new Error('a reader was refused')))
      socket.addEventListener('open', () => socket.send(SUBSCRIBE))
      socket.addEventListener('message', ({ data }) => {
        const frame = JSON.parse(String(data))
        if (frame.type === 'wall.updated') posts += frame.entries.length
        shown.resolve()
      })
      await shown.promise
      return socket
    }),
  )
  return {
    async reset() {
      posts = 0
    },
    async shown(expected) {
      for (const limit = performance.now() + 30_000; performance.now() < limit && posts < expected; ) await sleep(20)
      return posts
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.close()
    },
  }
}
