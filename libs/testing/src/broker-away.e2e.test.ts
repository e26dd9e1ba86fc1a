import { setTimeout as delay } from 'node:timers/promises'
import { startWall, type Wall } from '@parvis/stack/supervise'
import { cuttableProxy } from './cuttable-proxy.ts'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { type Answer, call, openReader, tokenOf } from './wall-client.ts'

// The broker is away for a while, for all processes at once, and posts keep coming.

const AWAY_MS = 8_000
/** Between two posts of a writer: the readers of a deaf gateway shall miss fewer than the 500 that they are then sent. */
const PACE_MS = 250
const resources = new AsyncDisposableStack()
let wall: Wall
let broker: Awaited<ReturnType<typeof cuttableProxy>>
let near = ''
let far = ''

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  broker = resources.use(await cuttableProxy(ground.servers.rabbitmq.url))
  wall = resources.use(
    await startWall({
      servers: { ...ground.servers, rabbitmq: { ...ground.servers.rabbitmq, url: broker.url } },
      log: () => {},
      env: { ...process.env, REDIS_PREFIX: ground.redisPrefix },
      counts: { gateway: 2 },
      restart: false,
    }),
  )
  near = wall.gateways[0]!.url
  far = wall.gateways[1]!.url
})

afterAll(() => resources.disposeAsync())

const texts = (entries: { post: { text: string } }[]) => entries.map(({ post }) => post.text)
const held = async () => {
  const store = wall.services['message-store'][0]!.url
  return (await call(`${store}/messages/held`, 'GET', { token: wall.serviceToken })).body
}
const ready = async (gateway: string) => (await call(`${gateway}/health/ready`, 'GET')).body.checks

test('under load every post is answered, durable or 503; the accepted are on the wall once each, in order', async () => {
  const channel = 'away'
  using reader = await openReader(far, channel)
  const writers = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => ({
      gateway: i % 2 ? near : far,
      token: await tokenOf(near, `writer ${i}`),
      accepted: [] as string[],
      answers: [] as Answer[],
    })),
  )
  let ending = false
  const writing = writers.map(async ({ gateway, token, accepted, answers }, i) => {
    for (let n = 0; !ending; n++) {
      const text = `${i}:${n}`
      const id = `01890000-0000-7000-8000-${String(i * 1_000_000 + n).padStart(12, '0')}`
      // As a client does: a 503 is tried again with the same id, and nothing is sent before it is answered.
      for (let status = 503; status === 503; ) {
        const answer = await call(`${gateway}/posts`, 'POST', { token, body: { text, channel, id } })
        answers.push(answer)
        status = answer.status
      }
      accepted.push(text)
      await delay(PACE_MS)
    }
  })
  const all = () => writers.flatMap(({ accepted }) => accepted)
  const answers = () => writers.flatMap((writer) => writer.answers)
  await eventually(() => expect(all().length).toBeGreaterThan(40))
  broker.cut()
  const before = all().length
  const start = Date.now()
  await eventually(async () => {
    expect((await held()).count).toBeGreaterThan(10)
    expect(all().length).toBeGreaterThan(before + 100)
    expect(Date.now() - start).toBeGreaterThan(AWAY_MS)
  }, 60_000)
  expect(await ready(near)).toMatchObject({ rabbitmq: 'degraded', stores: 'up' })
  broker.mend()
  const direct = all().length
  // Posts go on while the store is drained.
  await eventually(async () => expect((await held()).count).toBe(0), 60_000)
  await eventually(() => expect(all().length).toBeGreaterThan(direct + 40))
  ending = true
  await Promise.all(writing)

  expect(answers().filter(({ status }) => status !== 202 && status !== 503)).toEqual([])
  for (const { status, body, headers } of answers()) {
    if (status === 202) expect(body.durable).toBeUndefined()
    else expect([headers.get('retry-after'), typeof body.id]).toEqual([expect.stringMatching(/^\d+$/), 'string'])
  }
  await eventually(() => expect(reader.entries).toHaveLength(all().length), 60_000)
  expect(reader.entries.map(({ seq }) => seq)).toEqual(all().map((_, index) => index + 1))
  for (const [i, { accepted }] of writers.entries()) {
    expect(texts(reader.entries).filter((text) => text.startsWith(`${i}:`))).toEqual(accepted)
  }
  expect(reader.faults).toEqual([])
})

test('with broker and message store away a post is kept in memory and said not to be durable, then it is on the wall', async () => {
  const channel = 'both-away'
  using reader = await openReader(far, channel)
  const token = await tokenOf(near, 'both away')
  await eventually(async () => expect(await ready(near)).toMatchObject({ rabbitmq: 'up', stores: 'up' }), 30_000)
  const store = wall.services['message-store'][0]!
  await store.stop()
  broker.cut()
  reader.send({ type: 'session.open', token: await tokenOf(far, 'on a socket') })
  reader.send({ type: 'post.create', id: '01890000-0000-7000-8000-000000000009', channel, text: 'by frame' })
  const answer = await call(`${near}/posts`, 'POST', { token, body: { text: 'by http', channel } })
  expect(answer).toMatchObject({ status: 202, body: { status: 'accepted', durable: false } })
  await eventually(() =>
    expect(reader.frames.find(({ type }) => type === 'post.accepted')).toMatchObject({ durable: false }),
  )
  expect(await ready(near)).toMatchObject({ rabbitmq: 'degraded', stores: 'degraded' })
  await store.start()
  // What memory held is durable now.
  await eventually(async () => expect((await held()).count).toBe(2), 30_000)
  broker.mend()
  await eventually(() => expect(texts(reader.entries).sort()).toEqual(['by frame', 'by http']), 60_000)
  await eventually(async () => expect(await ready(near)).toMatchObject({ rabbitmq: 'up', stores: 'up' }), 30_000)
})

test('a gateway killed while its posts are in the store: another republishes them, in order', async () => {
  const channel = 'orphans'
  using reader = await openReader(far, channel)
  const token = await tokenOf(near, 'orphan')
  broker.cut()
  const sent = Array.from({ length: 25 }, (_, n) => `${n}`)
  for (const text of sent) {
    const answer = await call(`${near}/posts`, 'POST', { token, body: { text, channel } })
    expect(answer).toMatchObject({ status: 202 })
    expect(answer.body.durable).toBeUndefined()
  }
  wall.gateways[0]!.kill('SIGKILL')
  await eventually(() => expect(wall.gateways[0]!.isUp).toBe(false))
  broker.mend()
  await eventually(() => expect(texts(reader.entries)).toEqual(sent), 60_000)
  await eventually(async () => expect((await held()).count).toBe(0), 30_000)
  expect(reader.faults).toEqual([])
})
