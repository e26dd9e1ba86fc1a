import { partitions } from '@parvis/contracts/partition'
import { queues } from '@parvis/contracts/topology'
import type { Ground } from '@parvis/stack/ground'
import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { connect } from 'amqplib'
import { pino } from 'pino'
import { type Bus, connectBus } from './connect-bus.ts'
import { declareTopology } from './declare-topology.ts'
import { TransientError } from './errors.ts'
import { createRepublisher, type Pass, republishPartition } from './republish.ts'
import { memoryMessageStore } from './stores/memory-message-store.ts'
import { type MessageStore, type NewMessage, toStore } from './stores/message-store.ts'

// What a store holds goes to a real broker: in order, confirmed before it is forgotten, by one bus at a time.

const log = pino({ level: 'silent' })
const resources = new AsyncDisposableStack()
let ground: Ground
let proxy: Awaited<ReturnType<typeof cuttableProxy>>
let bus: Bus

beforeAll(async () => {
  ground = resources.use(await freshGround())
  proxy = resources.use(await cuttableProxy(ground.servers.rabbitmq.url))
  await declareTopology(ground.servers.rabbitmq.url)
  resources.use(await consumeAll())
  bus = resources.use(await connectBus({ url: proxy.url, name: 'test', log }))
})

afterAll(() => resources.disposeAsync())

let made = 0
// Each test has a partition of its own, so a queue of its own.
const message = (partition: number, more: Partial<NewMessage> = {}): NewMessage => ({
  messageId: `m-${++made}`,
  routingKey: `post.created.p${partition}`,
  content: `{"text":"${made}"}`,
  options: { exchange: 'wall.commands', type: 'post.created', mandatory: true, partition, source: 'me' },
  timestamp: Date.now(),
  ...more,
})

interface Got {
  payload: string
  messageId: string
  headers: Record<string, unknown> | undefined
}
/** What came out of each queue, and is still to be looked at. */
const received = new Map<string, Got[]>()

async function consumeAll(): Promise<AsyncDisposable> {
  const connection = await connect(ground.servers.rabbitmq.url)
  const channel = await connection.createChannel()
  for (const queue of [...partitions.map(queues.postWorker), queues.parked]) {
    received.set(queue, [])
    await channel.consume(queue, (message) => {
      if (!message) return
      const { messageId, headers } = message.properties
      received.get(queue)?.push({ payload: message.content.toString(), messageId, headers })
      channel.ack(message)
    })
  }
  return { [Symbol.asyncDispose]: () => connection.close() }
}

/** The next `count` messages of a queue. */
async function take(queue: string, count: number): Promise<Got[]> {
  const got = received.get(queue)!
  await eventually(() => expect(got.length).toBeGreaterThanOrEqual(count))
  return got.splice(0)
}
const idsIn = (all: Got[]) => all.map(({ messageId }) => messageId)
const needs = (store: MessageStore, owner = 'one') => ({ store, publish: bus.publish, owner, log })

test('publishes what is stored, oldest first, each with its first messageId, and forgets it', async () => {
  const store = memoryMessageStore()
  const kept = Array.from({ length: 250 }, () => message(0))
  for (const one of kept) await store.add(one)
  expect(await republishPartition(needs(store), 0)).toEqual({ published: 250, parked: 0, left: false })
  const got = await take('post-worker.p0', 250)
  expect(idsIn(got)).toEqual(kept.map(({ messageId }) => messageId))
  expect(got[0]?.payload).toBe(kept[0]?.content)
  expect((await store.held()).count).toBe(0)
})

test('a partition that was emptied is free at once for another publisher', async () => {
  const store = memoryMessageStore()
  await store.add(message(0))
  await republishPartition(needs(store), 0)
  const later = message(0)
  await store.add(later)
  expect(await republishPartition(needs(store, 'two'), 0)).toEqual({ published: 1, parked: 0, left: false })
  expect(idsIn(await take('post-worker.p0', 2)).at(-1)).toBe(later.messageId)
})

test('what the broker returns stays, and nothing overtakes it', async () => {
  const store = memoryMessageStore()
  const nowhere = message(1, { routingKey: 'post.created.nowhere' })
  const behind = message(1)
  for (const one of [nowhere, behind]) await store.add(one)
  expect(await republishPartition(needs(store), 1)).toEqual({ published: 0, parked: 0, left: true })
  expect((await store.list({ limit: 10 })).messages.map(({ messageId }) => messageId)).toEqual([
    nowhere.messageId,
    behind.messageId,
  ])
  expect(received.get('post-worker.p1')).toEqual([])
  // The claim was given back, so another bus may try.
  expect(await store.claim({ owner: 'two', leaseMs: 1_000, limit: 1, partition: 1 })).toHaveLength(1)
})

test('a message is forgotten only after the confirm', async () => {
  const inner = memoryMessageStore()
  const steps: string[] = []
  const store: MessageStore = {
    ...inner,
    remove(id) {
      steps.push(`forgotten ${id}`)
      return inner.remove(id)
    },
  }
  const kept = [message(2), message(2)]
  for (const one of kept) await store.add(one)
  const { promise: confirm, resolve } = Promise.withResolvers<void>()
  const publish = async ({ messageId }: { messageId: string }) => {
    steps.push(`sent ${messageId}`)
    await confirm
    steps.push(`confirmed ${messageId}`)
  }
  const pass = republishPartition({ ...needs(store), publish }, 2)
  await eventually(() => expect(steps).toHaveLength(1))
  expect((await store.held()).count).toBe(2)
  resolve()
  await pass
  const [first, second] = kept.map(({ messageId }) => messageId)
  expect(steps).toEqual([first, second].flatMap((id) => [`sent ${id}`, `confirmed ${id}`, `forgotten ${id}`]))
})

test('a process that ends finishes the message in hand, and gives the rest back at once', async () => {
  const store = memoryMessageStore()
  for (let n = 0; n < 300; n++) await store.add(message(2))
  let sent = 0
  const publish = async () => void sent++
  const pass = await republishPartition({ ...needs(store), publish, stopped: () => sent >= 150 }, 2)
  expect(pass).toEqual({ published: 150, parked: 0, left: true })
  expect((await store.held()).count).toBe(150)
  expect(await store.claim({ owner: 'two', leaseMs: 1_000, limit: 1, partition: 2 })).toHaveLength(1)
})

test('an expired message is parked with the reason and then forgotten', async () => {
  const store = memoryMessageStore({ expireMs: 60_000 })
  const old = message(3, { timestamp: Date.now() - 61_000 })
  const young = message(3)
  for (const one of [old, young]) await store.add(one)
  expect(await republishPartition(needs(store), 3)).toEqual({ published: 1, parked: 1, left: false })
  const [parked] = await take('parvis.parked', 1)
  expect(parked).toMatchObject({
    payload: old.content,
    headers: { 'x-reason': 'expired after 24 h', 'x-source-queue': 'post-worker.p3' },
  })
  expect(idsIn(await take('post-worker.p3', 1))).toEqual([young.messageId])
})

test('several buses on one store publish each message once, in order', async () => {
  const store = memoryMessageStore()
  const kept = Array.from({ length: 400 }, () => message(0))
  for (const one of kept) await store.add(one)
  const owners = ['one', 'two', 'three']
  const passes = await Promise.all(owners.map((owner) => republishPartition(needs(store, owner), 0)))
  expect(passes.reduce((sum, { published }) => sum + published, 0)).toBe(400)
  expect(idsIn(await take('post-worker.p0', 400))).toEqual(kept.map(({ messageId }) => messageId))
})

test('republishes at the start, when told, and when the broker is back; says which partition is empty', async () => {
  const store = memoryMessageStore()
  const passes: [number, Pass][] = []
  const kept = [message(0), message(0)]
  for (const one of kept) await store.add(one)
  const republisher = createRepublisher({
    ...needs(store),
    isUp: () => bus.state() === 'up',
    onPass: (partition, pass) => passes.push([partition, pass]),
  })
  resources.use(republisher)
  await eventually(() => expect(passes).toContainEqual([0, { published: 2, parked: 0, left: false }]))

  const told = message(1)
  await store.add(told)
  republisher.kick()
  await eventually(() => expect(passes).toContainEqual([1, { published: 1, parked: 0, left: false }]))

  proxy.cut()
  await eventually(() => expect(bus.state()).toBe('down'))
  const outgoing = { type: 'post.created', messageId: 'while-away', exchange: 'wall.commands' } as const
  const wanted = { ...outgoing, routingKey: 'post.created.p2', mandatory: true, content: '{"text":"away"}' }
  const failure = await bus.publish(wanted).catch((error) => error)
  expect(failure).toBeInstanceOf(TransientError)
  // A channel of partition 2.
  const stored = toStore(wanted, { source: 'me', channel: 'c4' })
  await store.add({ ...stored, options: { ...stored.options, partition: 2 } })
  republisher.kick()
  proxy.mend()
  await eventually(() => expect(passes).toContainEqual([2, { published: 1, parked: 0, left: false }]), 50_000)
  expect(idsIn(await take('post-worker.p2', 1))).toEqual(['while-away'])
  expect(idsIn(await take('post-worker.p0', 2))).toEqual(kept.map(({ messageId }) => messageId))
})
