import { partitionOf, partitions } from '@parvis/contracts/partition'
import type { Ground } from '@parvis/stack/ground'
import { startService } from '@parvis/stack/service'
import { overhear, publishTo, takeMessages } from '@parvis/testing/broker-queues'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { makeTopology } from '@parvis/testing/wall-jobs'

// The process itself on a real broker, and what it sends on.

const resources = new AsyncDisposableStack()
let ground: Ground

beforeAll(async () => {
  const made = resources.use(await freshGround())
  ground = made
  await makeTopology(made)
  for (const k of partitions) {
    await overhear(made, { exchange: 'wall.events', routingKey: `post.reviewed.p${k}`, queue: `heard.p${k}` })
  }
  const env = { ...process.env, RABBITMQ_URL: made.servers.rabbitmq.url, WORDS_NOT_WANTED: 'pluie, Orage' }
  const script = 'apps/post-worker/src/main.ts'
  resources.adopt(await startService('post-worker', { script, env, log: () => {}, restart: false }), (s) => s.stop())
})
afterAll(() => resources.disposeAsync())

const byHand = (payload: string, routingKey = 'post.created', properties = {}) =>
  publishTo(ground, { exchange: 'wall.commands', routingKey, payload, properties })

interface Seen {
  queue: string
  texts: string[]
}
/** Takes what is in the queues until there are this many posts. */
async function reviewed(count: number) {
  const seen: Seen[] = []
  const posts: { text: string; via?: string; channel: string }[] = []
  await eventually(async () => {
    for (const k of partitions) {
      for (const { payload } of await takeMessages(ground, `heard.p${k}`)) {
        const body = JSON.parse(payload)
        posts.push(...body.posts)
        seen.push({ queue: `p${k}`, texts: body.posts.map(({ text }: { text: string }) => text) })
      }
    }
    expect(posts).toHaveLength(count)
  })
  return { seen, posts }
}

test('a bare post.created takes the road of all: each post on in the lane of its channel', async () => {
  const channels = ['a', 'b', 'c', 'd', 'e', 'f']
  await byHand(JSON.stringify({ posts: channels.map((channel) => ({ text: channel, channel })) }))
  const { seen, posts } = await reviewed(channels.length)
  for (const { queue, texts } of seen) for (const text of texts) expect(queue).toBe(`p${partitionOf(text)}`)
  expect(new Set(seen.map(({ queue }) => queue)).size).toBeGreaterThan(1)
  expect(posts.every(({ via }) => via === 'broker')).toBe(true)
})

test('a post in the lane of a gateway that no gateway has published is marked all the same', async () => {
  const payload = '{"text": "forged", "author": "Ada", "sessionId": "01890000-0000-4000-8000-000000000002"}'
  await byHand(payload, `post.created.p${partitionOf('wall')}`)
  const { posts } = await reviewed(1)
  expect(posts).toMatchObject([{ text: 'forged', author: 'Ada', via: 'broker' }])
})

test('what cannot be taken is parked, each post alone, with reason, source and count; the rest goes on', async () => {
  await byHand('{"posts": [{"text": "one"}, {"text": 5}, {"text": "three"}]}')
  await byHand('not JSON')
  const { posts } = await reviewed(2)
  expect(posts.map(({ text }) => text)).toEqual(['one', 'three'])
  const parked: Awaited<ReturnType<typeof takeMessages>> = []
  await eventually(async () => {
    parked.push(...(await takeMessages(ground, 'parvis.parked')))
    expect(parked).toHaveLength(2)
  })
  expect(parked.map(({ payload }) => payload)).toEqual([
    '{"type":"post.created","version":1,"posts":[{"text":5}]}',
    'not JSON',
  ])
  expect(parked[0]?.properties.headers).toMatchObject({ 'x-source-queue': 'post-worker.p0', 'x-count': 0 })
  expect(parked[0]?.properties.headers?.['x-reason']).toMatch(/^value-not-fit: text/)
  expect(parked[1]?.properties.headers?.['x-reason']).toMatch(/^malformed-json/)
})

test('a post that is refused is told and not parked; the words are the host’s', async () => {
  await byHand('{"text": "de l’ORAGE"}')
  await byHand('{"text": "fuck"}')
  const { posts } = await reviewed(1)
  expect(posts).toMatchObject([{ text: 'fuck' }])
  const told: string[] = []
  await eventually(async () => {
    told.push(...(await takeMessages(ground, 'db-writer.rejected')).map(({ payload }) => payload))
    expect(told).toHaveLength(1)
  })
  expect(JSON.parse(told[0] ?? '')).toMatchObject({ refusals: [{ status: 'refused', code: 'words-not-wanted' }] })
  expect(await takeMessages(ground, 'parvis.parked')).toEqual([])
})
