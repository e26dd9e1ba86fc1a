import { connectBus } from '@parvis/bus/connect-bus'
import { declareTopology } from '@parvis/bus/declare-topology'
import { TransientError } from '@parvis/bus/errors'
import { createRepublisher } from '@parvis/bus/republish'
import { memoryMessageStore } from '@parvis/bus/stores/memory-message-store'
import type { MessageStore } from '@parvis/bus/stores/message-store'
import { partitionOf } from '@parvis/contracts/partition'
import type { AcceptedPost } from '@parvis/contracts/post-created'
import { queues } from '@parvis/contracts/topology'
import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { pino } from 'pino'
import { createPostLanes } from './post-lanes.ts'

// Posts of one channel, a broker that goes away, a store: what comes out of the lane's queue.

const log = pino({ level: 'silent' })
const resources = new AsyncDisposableStack()
const channel = 'wall'
const partition = partitionOf(channel)
const received: string[] = []
let url = ''

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  url = ground.servers.rabbitmq.url
  await declareTopology(url)
  const consume = {
    queue: queues.postWorker(partition),
    type: 'post.created' as const,
    unpack: ({ content }: { content: Buffer }) => {
      const body = JSON.parse(content.toString())
      return (body.posts ?? [body]).map((item: AcceptedPost) => ({ item }))
    },
    handle: async (posts: readonly AcceptedPost[]) => {
      received.push(...posts.map(({ text }) => text))
      return []
    },
    repack: () => '',
  }
  resources.use(await connectBus({ url, name: 'reads', log, consume: [consume] }))
})

afterAll(() => resources.disposeAsync())
beforeEach(() => void received.splice(0))

const post = (text: string): AcceptedPost => {
  const id = crypto.randomUUID()
  return { id, clientId: id, sessionId: id, channel, author: 'Ada', text, createdAt: Date.now() }
}

/** A gateway's part: its lanes, its store, its connection through a proxy that can be cut. */
async function open(store: MessageStore) {
  const own = new AsyncDisposableStack()
  const proxy = own.use(await cuttableProxy(url))
  const bus = own.use(await connectBus({ url: proxy.url, name: 'gateway', log }))
  const lanes = createPostLanes({
    publish: bus.publish,
    store,
    source: 'me',
    onKept: () => republisher.kick(),
    log,
  })
  const republisher = own.use(
    createRepublisher({
      store,
      publish: bus.publish,
      owner: 'me',
      log,
      isUp: () => bus.state() === 'up',
      onPass: (of, { left }) => !left && lanes.onDrained(of),
    }),
  )
  return { proxy, bus, lanes, [Symbol.asyncDispose]: () => own.disposeAsync() }
}

test('with the broker there, a post is durable and the store stays empty', async () => {
  const store = memoryMessageStore()
  await using gateway = await open(store)
  expect(await gateway.lanes.submit(post('hello'))).toEqual({ durable: true })
  await eventually(() => expect(received).toEqual(['hello']))
  expect(store.size().count).toBe(0)
})

test('a broker that goes and comes back under load: each accepted post once, in order of acceptance, then direct again', async () => {
  const store = memoryMessageStore()
  await using gateway = await open(store)
  const accepted: string[] = []
  let stored = 0
  let ending = false
  // One after another, as one session's posts are: each is answered before the next is sent.
  const writing = (async () => {
    for (let n = 0; !ending; n++) {
      const { durable } = await gateway.lanes.submit(post(`${n}`))
      accepted.push(`${n}`)
      if (!durable) stored++
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  })()
  for (let times = 0; times < 2; times++) {
    const direct = accepted.length
    await eventually(() => expect(accepted.length).toBeGreaterThan(direct + 20))
    gateway.proxy.cut()
    const before = stored
    await eventually(() => expect(stored).toBeGreaterThan(before + 20))
    gateway.proxy.mend()
    // Posts never stop, and yet the lane finds its way back.
    await eventually(async () => {
      const mark = stored
      const count = accepted.length
      await eventually(() => expect(accepted.length).toBeGreaterThan(count + 20))
      expect(stored).toBe(mark)
    }, 40_000)
  }
  ending = true
  await writing
  await eventually(() => expect([...new Set(received)]).toEqual(accepted))
  expect(store.size().count).toBe(0)
})

test('what the store cannot take either is refused, and the next posts are tried anew', async () => {
  const store = memoryMessageStore({ messages: 1 })
  await using gateway = await open(store)
  gateway.proxy.cut()
  await eventually(() => expect(gateway.bus.state()).toBe('down'))
  expect(await gateway.lanes.submit(post('kept'))).toEqual({ durable: false })
  await expect(gateway.lanes.submit(post('refused'))).rejects.toMatchObject({ code: 'store-full' })
  gateway.proxy.mend()
  await eventually(async () => expect(await gateway.lanes.submit(post('again'))).toEqual({ durable: true }), 40_000)
  await eventually(() => expect([...new Set(received)]).toEqual(['kept', 'again']))
})

test('the first post after a loss does not wait for a store that was seen empty before it', async () => {
  const store = memoryMessageStore()
  let asked = 0
  const held: MessageStore['held'] = (of) => {
    asked++
    return store.held(of)
  }
  const lanes = createPostLanes({
    publish: () => Promise.reject(new TransientError('away', 'no broker')),
    store: { ...store, held },
    source: 'me',
    onKept: () => {},
    log,
  })
  lanes.onDrained(partition)
  for (const text of ['first', 'second']) expect(await lanes.submit(post(text))).toEqual({ durable: false })
  expect(asked).toBe(0)
})

test('while somebody else republishes, new posts wait in the store behind what they hold', async () => {
  const store = memoryMessageStore()
  let refuse = true
  const sent: string[] = []
  const lanes = createPostLanes({
    publish: async ({ content }) => {
      if (refuse) throw new TransientError('nacked', 'full')
      sent.push(JSON.parse(String(content)).text)
    },
    store,
    source: 'me',
    onKept: () => {},
    log,
  })
  await lanes.submit(post('first'))
  refuse = false
  const [first] = await store.claim({ owner: 'another', leaseMs: 60_000, limit: 10, partition })
  expect(await lanes.submit(post('second'))).toEqual({ durable: false })
  lanes.onDrained(partition)
  // Told that it was drained, it looks for itself: it was not.
  expect(await lanes.submit(post('third'))).toEqual({ durable: false })
  expect(sent).toEqual([])
  for (const { messageId } of [first!, ...(await store.list({ limit: 10 })).messages]) await store.remove(messageId)
  lanes.onDrained(partition)
  expect(await lanes.submit(post('fourth'))).toEqual({ durable: true })
  expect(sent).toEqual(['fourth'])
})
