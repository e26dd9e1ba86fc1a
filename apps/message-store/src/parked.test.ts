import { fileURLToPath } from 'node:url'
import { type Bus, connectBus } from '@parvis/bus/connect-bus'
import { declareTopology } from '@parvis/bus/declare-topology'
import { parker } from '@parvis/bus/park'
import type { Parked } from '@parvis/bus/parking-lot'
import { memoryMessageStore } from '@parvis/bus/stores/memory-message-store'
import { queues } from '@parvis/contracts/topology'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { call } from '@parvis/testing/wall-client'
import { execa } from 'execa'
import { pino } from 'pino'
import { replayParked } from './replay-parked.ts'
import { startStore } from './testing/start-store.ts'

// What an operator sees of the parking lot, through the real service, by HTTP and by npm run parked.

const log = pino({ level: 'silent' })
const resources = new AsyncDisposableStack()
// A quorum queue keeps the order of up to 32 that are given back; the parking lot that of any number.
const MANY = 40
const received: string[] = []
let bus: Bus
let store: Awaited<ReturnType<typeof startStore>>

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  const { url } = ground.servers.rabbitmq
  await declareTopology(url)
  const consume = {
    queue: queues.dbWriterRejected,
    type: 'post.rejected' as const,
    unpack: ({ content }: { content: Buffer }) => [{ item: content.toString() }],
    handle: async (bodies: readonly string[]) => {
      received.push(...bodies)
      return []
    },
    repack: () => '',
  }
  bus = resources.use(await connectBus({ url, name: 'test', log, consume: [consume] }))
  store = resources.use(await startStore(ground))
})

afterAll(() => resources.disposeAsync())

const http = (method: string, path: string) => call(`${store.url}${path}`, method, { token: store.token })
const list = async () => (await http('GET', '/parked?limit=200')).body
const reasons = async () => (await list()).parked.map(({ reason }: Parked) => reason)
const park = (n: number, queue: string = queues.dbWriterRejected) =>
  parker(bus.publish, 'post.rejected', queue)(`{"n":${n}}`, `reason ${n}`, n)

beforeEach(async () => {
  await http('DELETE', '/parked')
  received.splice(0)
  for (let n = 0; n < MANY; n++) {
    await park(n)
    // Each at a time of its own: the order is the order of times.
    const at = Date.now()
    await eventually(() => expect(Date.now()).toBeGreaterThan(at))
  }
  await eventually(async () => expect((await list()).total).toBe(MANY))
})
const all = Array.from({ length: MANY }, (_, n) => `reason ${n}`)

test('shows reason, source queue, when and how often, and one with its body; looking loses and reorders nothing', async () => {
  for (let times = 0; times < 3; times++) expect(await reasons()).toEqual(all)
  await Promise.all([reasons(), reasons(), reasons()]).then((seen) => expect(seen).toEqual([all, all, all]))
  const [, second] = (await list()).parked
  expect(second).toEqual({
    messageId: expect.any(String),
    type: 'post.rejected',
    reason: 'reason 1',
    sourceQueue: 'db-writer.rejected',
    count: 1,
    parkedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    user: expect.any(String),
    bytes: 7,
  })
  expect((await http('GET', `/parked/${second.messageId}`)).body).toMatchObject({ content: '{"n":1}' })
  expect(await reasons()).toEqual(all)
})

test('lists page by page', async () => {
  const first = (await http('GET', '/parked?limit=7')).body
  const second = (await http('GET', `/parked?limit=50&after=${first.next}`)).body
  expect([first.parked.length, second.parked.length, second.next]).toEqual([7, 33, null])
  expect([...first.parked, ...second.parked].map(({ reason }) => reason)).toEqual(all)
})

test('replays one to where it came from, and removes it; again it is not there', async () => {
  const { messageId } = (await list()).parked[5]
  expect(await http('POST', `/parked/${messageId}/replay`)).toMatchObject({ status: 200, body: { taken: 1 } })
  await eventually(() => expect(received).toEqual(['{"n":5}']))
  await eventually(async () => expect(await reasons()).toEqual(all.filter((reason) => reason !== 'reason 5')))
  expect((await http('POST', `/parked/${messageId}/replay`)).status).toBe(404)
})

test('replays all, in order', async () => {
  expect((await http('POST', '/parked/replay')).body).toEqual({ taken: MANY })
  await eventually(() => expect(received).toEqual(all.map((_, n) => `{"n":${n}}`)))
  await eventually(async () => expect((await list()).total).toBe(0))
})

test('what came from nowhere that is known stays', async () => {
  await park(99, 'a-queue-of-old')
  const { messageId } = (await list()).parked.at(-1)
  const answer = await http('POST', `/parked/${messageId}/replay`)
  expect(answer).toMatchObject({ status: 422, body: { detail: expect.stringContaining('a-queue-of-old') } })
  expect(await reasons()).toEqual([...all, 'reason 99'])
})

test('replaying all stops at one that cannot go: those before it are gone, it and those after it stay', async () => {
  await park(99, 'a-queue-of-old')
  await park(100)
  expect((await http('POST', '/parked/replay')).status).toBe(422)
  await eventually(() => expect(received).toHaveLength(MANY))
  expect(await reasons()).toEqual(['reason 99', 'reason 100'])
})

test('drops one, then all', async () => {
  const { messageId } = (await list()).parked[0]
  expect((await http('DELETE', `/parked/${messageId}`)).status).toBe(204)
  await eventually(async () => expect((await list()).total).toBe(MANY - 1))
  expect((await http('DELETE', `/parked/${messageId}`)).status).toBe(404)
  expect((await http('DELETE', '/parked')).body).toEqual({ taken: MANY - 1 })
  expect(received).toEqual([])
})

const tool = (...args: string[]) =>
  execa(process.execPath, [fileURLToPath(new URL('../../../tools/parked/src/parked.ts', import.meta.url)), ...args], {
    env: { MESSAGE_STORE_URL: store.url, SERVICE_TOKEN: store.token, NODE_OPTIONS: '' },
    reject: false,
  })

test('npm run parked lists, shows, replays and drops', async () => {
  const listed = await tool('list')
  expect(listed.stdout).toContain('delivered 3 times before: reason 3')
  expect(listed.stdout).toContain(`${MANY} parked.`)
  const id = listed.stdout.split(' ')[0] as string
  expect(JSON.parse((await tool('show', id)).stdout)).toMatchObject({ messageId: id, content: '{"n":0}' })
  expect((await tool('replay', id)).stdout).toBe('1 tried again.')
  await eventually(() => expect(received).toEqual(['{"n":0}']))
  expect((await tool('drop', '--all')).stdout).toBe(`${MANY - 1} dropped.`)
  await eventually(async () => expect((await tool('list')).stdout).toBe('Nothing is parked.'))
})

test.each([
  [['drop'], 'an id is needed'],
  [['drop', 'x', '--all'], 'either an id or --all'],
  [['lose'], '"lose" is not a command'],
  [['list', '--most'], "Unknown option '--most'"],
  [['show', 'unknown'], 'no such parked message'],
])('npm run parked %j says what is wrong', async (args, why) => {
  const { exitCode, stderr } = await tool(...args)
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(why)])
})

const gatewaysPost: Parked = {
  messageId: 'm-1',
  type: 'post.created',
  reason: 'expired after 24 h',
  sourceQueue: 'post-worker.p2',
  count: 0,
  parkedAt: '',
  user: 'gateway',
  bytes: 2,
  content: '{}',
}

test('a gateway publishes again what a gateway had parked, so that it stays its author’s', async () => {
  const kept = memoryMessageStore()
  const published: unknown[] = []
  const publish = async (...args: unknown[]) => void published.push(args)
  await replayParked(gatewaysPost, { publish, store: kept })
  expect(published).toEqual([])
  expect((await kept.list({ limit: 10 })).messages).toMatchObject([
    { messageId: 'm-1', routingKey: 'post.created.p2', content: '{}', options: { partition: 2, mandatory: true } },
  ])
  await replayParked({ ...gatewaysPost, user: 'somebody' }, { publish, store: kept })
  expect(published).toEqual([[expect.anything(), { exchange: 'wall.commands', routingKey: 'post.created.p2' }]])
})
