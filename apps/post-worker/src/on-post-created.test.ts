import { randomUUID } from 'node:crypto'
import type { Outgoing } from '@parvis/contracts/outgoing'
import { partitionOf } from '@parvis/contracts/partition'
import { createThreadPool } from '@parvis/service/thread-pool'
import { onPostCreated } from './on-post-created.ts'
import type { Candidate } from './read-post-created.ts'
import type { ReviewTask } from './review.task.ts'
import type { Verdict } from './review-rules.ts'

const resources = new AsyncDisposableStack()
const file = new URL('./review.task.ts', import.meta.url)
const settings = { wordsNotWanted: ['pluie'] }
let inline: ReturnType<typeof onPostCreated>
let inThreads: ReturnType<typeof onPostCreated>

beforeAll(async () => {
  const handlerOf = async (inlineBelow: number) =>
    onPostCreated({
      pool: resources.use(await createThreadPool<ReviewTask, Verdict>(file, inlineBelow)),
      settings,
    })
  inline = await handlerOf(1_000)
  inThreads = await handlerOf(1)
})
afterAll(() => resources.disposeAsync())

function candidate(channel: string, text: string): Candidate {
  const id = randomUUID()
  return { id, clientId: id, channel, author: 'Ada', text, createdAt: 1, sessionId: randomUUID() }
}
const bodies = (messages: Outgoing[]) => messages.map(({ content }) => JSON.parse(String(content)))
/** What is said without the moments and ids at which it is said. */
const timeless = (messages: Outgoing[]) =>
  messages.map(({ exchange, routingKey, mandatory, content }) => {
    const { messageId, timestamp, ...body } = JSON.parse(String(content), (key, value) =>
      key === 'reviewedAt' || key === 'at' ? 0 : value,
    )
    return { exchange, routingKey, mandatory, body }
  })

const some = [
  candidate('wall', 'hello @Bob https://a.example'),
  candidate('wall', 'de la pluie'),
  candidate('other', 'a'.repeat(4_096)),
  candidate('wall', `e${'\u0301'.repeat(9)}`),
  candidate('wall', 'bye'),
]

test('fit posts go on in the lane of their channel, in order, with what they mention and link', async () => {
  const sent = await inline(some)
  const reviewed = sent.filter(({ type }) => type === 'post.reviewed')
  expect(reviewed.map(({ routingKey }) => routingKey)).toEqual([
    `post.reviewed.p${partitionOf('wall')}`,
    `post.reviewed.p${partitionOf('other')}`,
  ])
  expect(reviewed.every(({ exchange, mandatory }) => exchange === 'wall.events' && mandatory)).toBe(true)
  const [wall] = bodies(reviewed)
  expect(wall.partition).toBe(partitionOf('wall'))
  expect(wall.posts.map(({ text }: Candidate) => text)).toEqual(['hello @Bob https://a.example', 'bye'])
  expect(wall.posts[0]).toMatchObject({ ...some[0], mentions: ['Bob'], links: ['https://a.example'] })
  expect(wall.posts[1]).not.toHaveProperty('mentions')
})

test('the others are told to db-writer, which remembers, and to the gateways, which tell the authors', async () => {
  const rejected = (await inline(some)).filter(({ type }) => type === 'post.rejected')
  expect(rejected.map(({ exchange, mandatory }) => [exchange, mandatory])).toEqual([
    ['wall.events', true],
    ['wall.updates', false],
  ])
  for (const { refusals } of bodies(rejected)) {
    expect(refusals).toMatchObject([
      { postId: some[1]?.id, clientId: some[1]?.clientId, sessionId: some[1]?.sessionId, code: 'words-not-wanted' },
      { postId: some[3]?.id, status: 'refused', code: 'too-many-marks' },
    ])
  }
})

test('a batch in threads and the same batch inline cause the same messages', async () => {
  const batch = Array.from({ length: 40 }, (_, i) => some[i % some.length]!)
  expect(timeless(await inThreads(batch))).toEqual(timeless(await inline(batch)))
})
