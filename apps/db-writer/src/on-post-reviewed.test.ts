import { randomUUID } from 'node:crypto'
import { partitionOf } from '@parvis/contracts/partition'
import type { ReviewedPost } from '@parvis/contracts/post-reviewed'
import { createThreadPool } from '@parvis/service/thread-pool'
import { migrate } from '@parvis/storage/migrate'
import { openMysql } from '@parvis/storage/mysql'
import { freshGround } from '@parvis/testing/fresh-ground'
import { pino } from 'pino'
import { createChannelIds } from './channel-ids.ts'
import { onPostReviewed } from './on-post-reviewed.ts'
import { wallTables } from './wall-tables.ts'

const resources = new AsyncDisposableStack()
let handlers: ReturnType<typeof onPostReviewed>[]

beforeAll(async () => {
  const { url } = resources.use(await freshGround()).servers.mysql
  await migrate(url, wallTables)
  const log = pino({ level: 'silent' })
  const mysql = resources.use(await openMysql({ url, connections: 2, severalStatements: true, log }))
  const file = new URL('./rows.task.ts', import.meta.url)
  handlers = []
  // Inline, and in a thread.
  for (const inlineBelow of [1_000, 1]) {
    const pool = resources.use(await createThreadPool<ReviewedPost, string>(file, inlineBelow))
    handlers.push(onPostReviewed({ mysql, ids: createChannelIds(mysql), pool }))
  }
})
afterAll(() => resources.disposeAsync())

function post(channel: string, id = randomUUID()): ReviewedPost {
  return { id, clientId: id, channel, author: "O'Ada\\", text: 'héllo\n"😀"', createdAt: 1, reviewedAt: 2 }
}

test('a repeat is sent on as it is stored, whether threads made its row or not, in the lane of its channel', async () => {
  const [inline, threaded] = handlers as [(typeof handlers)[0], (typeof handlers)[0]]
  // `wall` and `other` are of different partitions.
  expect(partitionOf('wall')).not.toBe(partitionOf('other'))
  const batch = [post('wall'), post('wall')]
  const [first] = await threaded(batch)
  const repeats = await inline([post('other'), { ...batch[0]!, channel: 'other' }, batch[1]!])
  expect(first).toMatchObject({
    exchange: 'wall.events',
    routingKey: `post.stored.p${partitionOf('wall')}`,
    mandatory: true,
  })
  expect(repeats.map(({ routingKey }) => routingKey)).toEqual([
    `post.stored.p${partitionOf('other')}`,
    `post.stored.p${partitionOf('wall')}`,
  ])
  const [stored, again] = [first, repeats[1]].map((message) => JSON.parse(String(message?.content)))
  expect(again.partition).toBe(partitionOf('wall'))
  expect(again.posts).toEqual(stored.posts)
  expect(stored.posts).toMatchObject([
    { ...batch[0], seq: 1 },
    { ...batch[1], seq: 2 },
  ])
})
