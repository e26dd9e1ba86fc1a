import type { Ground } from '@parvis/stack/ground'
import { manage } from '@parvis/stack/manage'
import { startWall, type Wall } from '@parvis/stack/supervise'
import { publishByHand } from './by-hand.ts'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// A whole wall, two gateways: what is published by hand, and each process killed while posts flow.

const resources = new AsyncDisposableStack()
let ground: Ground
let wall: Wall
let near = ''
let far = ''

beforeAll(async () => {
  ground = resources.use(await freshGround())
  wall = resources.use(
    await startWall({
      servers: ground.servers,
      log: () => {},
      env: { ...process.env, REDIS_PREFIX: ground.redisPrefix },
      counts: { gateway: 2 },
    }),
  )
  near = wall.gateways[0]!.url
  far = wall.gateways[1]!.url
})

afterAll(() => resources.disposeAsync())

const texts = (entries: { post: { text: string } }[]) => entries.map(({ post }) => post.text)

test('a message published by hand is on the wall, marked; a malformed one is parked with its reason', async () => {
  using reader = await openReader(near, 'by-hand')
  await publishByHand(ground, 'post.created', '{"text": 5}')
  await publishByHand(ground, 'post.created', {
    text: 'from the management page',
    channel: 'by-hand',
    author: 'Ada',
  })
  await eventually(() => expect(texts(reader.entries)).toEqual(['from the management page']))
  expect(reader.entries[0]?.post).toMatchObject({ via: 'broker', author: 'Ada' })
  const vhost = new URL(ground.servers.rabbitmq.url).pathname.slice(1)
  const parked = await eventually(async () => {
    const got = await manage(ground.servers.rabbitmq.management, 'POST', `/api/queues/${vhost}/parvis.parked/get`, {
      count: 10,
      ackmode: 'ack_requeue_true',
      encoding: 'auto',
    })
    expect(got).toHaveLength(1)
    return got
  })
  expect(parked).toMatchObject([
    { payload: '{"text": 5}', properties: { headers: { 'x-source-queue': 'post-worker.p0' } } },
  ])
})

test.each(['post-worker', 'db-writer', 'cache-worker'] as const)(
  'a %s that is killed while posts flow loses, doubles and reorders nothing',
  async (service) => {
    const channel = `kill-${service}`
    using reader = await openReader(near, channel)
    const token = await tokenOf(near, `killer of ${service}`)
    const victim = wall.services[service][0]!
    const sent: string[] = []
    for (let n = 0; n < 120; n++) {
      if (n === 40) {
        const back = victim.nextReady()
        victim.kill('SIGKILL')
        void back
      }
      const answer = await call(`${near}/posts`, 'POST', { token, body: { text: `${n}`, channel } })
      expect(answer.status).toBe(202)
      sent.push(`${n}`)
    }
    await eventually(() => expect(texts(reader.entries)).toEqual(sent), 30_000)
    expect(reader.faults).toEqual([])
  },
)

test('a gateway that is killed while posts flow loses and doubles nothing that a client sends again', async () => {
  const channel = 'kill-gateway'
  using reader = await openReader(near, channel)
  const token = await tokenOf(near, 'killer of gateways')
  const victim = wall.gateways[1]!
  for (let n = 0; n < 60; n++) {
    const back = n === 20 ? victim.nextReady() : undefined
    const id = `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`
    const send = () => call(`${far}/posts`, 'POST', { token, body: { text: `${n}`, channel, id } })
    const first = send().catch(() => undefined)
    if (back) {
      victim.kill('SIGKILL')
      await back
    }
    // As a client does: with the same id, until there is an answer.
    if ((await first)?.status !== 202) await eventually(async () => expect((await send()).status).toBe(202))
  }
  await eventually(() => expect(texts(reader.entries)).toEqual(Array.from({ length: 60 }, (_, n) => `${n}`)), 30_000)
  expect(reader.faults).toEqual([])
})

test('a wall.requested by hand makes every socket show the wall anew', async () => {
  const token = await tokenOf(near, 'Refresher')
  await call(`${near}/posts`, 'POST', {
    token,
    body: { text: 'again', channel: 'anew' },
    headers: { prefer: 'wait=10' },
  })
  using one = await openReader(near, 'anew')
  using other = await openReader(far, 'anew')
  await eventually(() => expect([texts(one.entries), texts(other.entries)]).toEqual([['again'], ['again']]))
  await publishByHand(ground, 'wall.requested', { channels: ['anew'] })
  for (const reader of [one, other]) {
    await eventually(() => expect(reader.frames.at(-1)).toMatchObject({ type: 'wall.snapshot', reason: 'refreshed' }))
    expect(texts(reader.entries)).toEqual(['again'])
  }
})
