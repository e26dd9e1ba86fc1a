import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Ground } from '@parvis/stack/ground'
import { manage } from '@parvis/stack/manage'
import { startWall, type Wall } from '@parvis/stack/supervise'
import { cuttableProxy } from './cuttable-proxy.ts'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { newClientId, openSocket } from './live-client.ts'
import { storedPosts } from './stored-posts.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// One of two gateways loses the broker for five seconds while posts flow.

const CUT_MS = 5_000
const resources = new AsyncDisposableStack()
let ground: Ground
let broker: Awaited<ReturnType<typeof cuttableProxy>>
/** The addresses of the gateway that loses the broker and of one that does not. */
let cut = ''
let whole = ''

beforeAll(async () => {
  ground = resources.use(await freshGround())
  broker = resources.use(await cuttableProxy(ground.servers.rabbitmq.url))
  const secrets = { jwt: randomBytes(32).toString('base64url'), service: randomBytes(32).toString('base64url') }
  const env = { ...process.env, REDIS_PREFIX: ground.redisPrefix }
  const start = async (options: Partial<Parameters<typeof startWall>[0]>): Promise<Wall> =>
    resources.use(await startWall({ servers: ground.servers, log: () => {}, env, secrets, ...options }))
  whole = (await start({})).gateways[0]!.url
  // A second gateway of the same wall, whose way to the broker can be cut, and whose connections have its name.
  const lone = await start({
    servers: { ...ground.servers, rabbitmq: { ...ground.servers.rabbitmq, url: broker.url } },
    env: { ...env, INSTANCE: 'cut' },
    counts: { gateway: 1, 'post-worker': 0, 'db-writer': 0, 'cache-worker': 0 },
  })
  cut = lone.gateways[0]!.url
})

afterAll(() => resources.disposeAsync())

/** Closes both of the gateway's connections through the management API, and lets it make none for five seconds. */
async function closeForFiveSeconds(): Promise<void> {
  const vhost = new URL(ground.servers.rabbitmq.url).pathname.slice(1)
  const names = await eventually(async () => {
    const all = (await manage(ground.servers.rabbitmq.management, 'GET', `/api/vhosts/${vhost}/connections`)) as {
      name: string
      client_properties?: { connection_name?: string }
    }[]
    const own = all.filter(({ client_properties }) => client_properties?.connection_name?.startsWith('gateway cut '))
    expect(own).toHaveLength(2)
    return own.map(({ name }) => name)
  }, 30_000)
  broker.refuse()
  for (const name of names)
    await manage(ground.servers.rabbitmq.management, 'DELETE', `/api/connections/${encodeURIComponent(name)}`)
  await pause(CUT_MS)
  expect(await call(`${cut}/health/ready`, 'GET')).toMatchObject({ status: 200, body: { status: 'degraded' } })
  broker.mend()
}

/** Ends the gateway's connections as soon as it has new ones, for five seconds. */
/** Ten writers then miss fewer than 500 posts in five seconds: more, and a socket is rightly given a fresh page. */
const PACE_MS = 200

async function loseAgainAndAgain(): Promise<void> {
  for (const until = Date.now() + CUT_MS; Date.now() < until; await pause(250)) broker.drop()
}

/** Posts until it is told to stop, each again with its id until it is accepted; gives what was accepted, in order. */
async function write(gateway: string, name: string, channel: string, signal: AbortSignal) {
  const token = await tokenOf(gateway, name)
  const accepted: string[] = []
  let refusals = 0
  for (let n = 0; !signal.aborted; n++) {
    const body = { text: `${name}:${n}`, channel, id: newClientId() }
    for (let answer = 0; answer !== 202; await pause(PACE_MS)) {
      const { status, headers, body: said } = await call(`${gateway}/posts`, 'POST', { token, body })
      answer = status
      if (status === 202) continue
      refusals++
      expect({ status, code: said.code, id: said.id }).toEqual({ status: 503, code: 'not-available', id: body.id })
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    accepted.push(body.text)
  }
  return { accepted, refusals }
}

test.each([
  ['is without the broker for five seconds', 'closed', closeForFiveSeconds],
  ['loses the broker again and again', 'flaps', loseAgainAndAgain],
])('when one gateway %s, every socket of both shows what MySQL holds', async (_what, channel, disturb) => {
  const readers = await Promise.all(Array.from({ length: 20 }, (_, i) => openReader(i % 2 ? cut : whole, channel)))
  const over = new AbortController()
  using _writers = { [Symbol.dispose]: () => over.abort() }
  const writers = Array.from({ length: 10 }, (_, i) =>
    write(i % 2 ? cut : whole, `${channel} ${i}`, channel, over.signal),
  )
  const flowing = (more: number) => {
    const had = readers[0]!.entries.length
    return eventually(() => expect(readers[0]!.entries.length).toBeGreaterThan(had + more), 30_000)
  }
  await flowing(50)
  await disturb()
  await flowing(50)
  over.abort()
  const written = await Promise.all(writers)
  const total = written.flatMap(({ accepted }) => accepted).length
  await eventually(() => expect(readers.map(({ entries }) => entries.length)).toEqual(readers.map(() => total)), 60_000)
  const stored = await storedPosts(ground, channel)
  expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: total }, (_, i) => i + 1))
  expect(total).toBe(stored.length)
  for (const [i, one] of written.entries()) {
    const own = stored.map(({ text }) => text).filter((text) => text.startsWith(`${channel} ${i}:`))
    expect(own).toEqual(one.accepted)
  }
  for (const { entries, faults, socket } of readers) {
    expect(faults).toEqual([])
    expect(entries.map(({ seq, post: { text } }) => ({ seq, text }))).toEqual(stored)
    expect(socket.readyState).toBe(socket.OPEN)
    socket.terminate()
  }
  // Those of the gateway with the broker never had to wait.
  expect(written.filter((_, i) => i % 2 === 0).map(({ refusals }) => refusals)).toEqual([0, 0, 0, 0, 0])
})

test('a gateway without the broker serves nothing from memory, says that it is degraded, and tells who subscribes', async () => {
  const token = await tokenOf(whole, 'Outsider')
  const post = (text: string) =>
    call(`${whole}/posts`, 'POST', { token, body: { text, channel: 'deaf' }, headers: { prefer: 'wait=15' } })
  const page = () => call(`${cut}/posts?channel=deaf`, 'GET')
  const texts = (entries: { post: { text: string } }[]) => entries.map((entry) => entry.post.text)
  await post('before')
  using watching = await openReader(cut, 'deaf')
  await eventually(() => expect(texts(watching.entries)).toEqual(['before']))
  expect((await page()).headers.get('x-parvis-source')).toBe('memory')

  broker.cut()
  await eventually(async () =>
    expect(await call(`${cut}/health/ready`, 'GET')).toMatchObject({
      status: 200,
      body: { status: 'degraded', checks: { rabbitmq: 'degraded' } },
    }),
  )
  expect((await post('during')).status).toBe(201)
  const during = await page()
  expect(texts(during.body.entries)).toEqual(['before', 'during'])
  expect(during.headers.get('x-parvis-source')).toBe('redis')
  using late = await openSocket(cut)
  late.send({ type: 'wall.subscribe', channel: 'deaf', after: 1 })
  expect(await late.frame({ type: 'problem' })).toMatchObject({ code: 'not-available', channel: 'deaf' })
  const id = newClientId()
  late.send({ type: 'session.open', token })
  late.send({ type: 'post.create', id, channel: 'deaf', text: 'kept' })
  // By the message store: it goes to the broker when that is back.
  expect(await late.frame({ type: 'post.accepted', id })).not.toHaveProperty('durable')
  expect(texts(watching.entries)).toEqual(['before'])

  broker.mend()
  expect(texts((await late.frame({ type: 'wall.updated', first: 2 })).entries)[0]).toBe('during')
  await eventually(() => expect(texts(watching.entries)).toEqual(['before', 'during', 'kept']), 45_000)
  expect(watching.faults).toEqual([])
  await eventually(async () => expect((await page()).headers.get('x-parvis-source')).toBe('memory'))
})
