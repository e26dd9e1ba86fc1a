import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import { connect } from 'amqplib'
import { createConsumer } from './consume.ts'
import { TransientError } from './errors.ts'
import {
  type BrokerGround,
  breakChannel,
  brokerGround,
  channelsOf,
  consumption,
  messageTo,
  range,
  recordedLog,
} from './testing/broker-ground.ts'

// A subscription through all that can end it.

let ground: BrokerGround

beforeAll(async () => {
  ground = await brokerGround()
})
afterAll(() => ground[Symbol.asyncDispose]())

/** Is closed on disposal, and the consumers stop before it. */
async function connectionOf(...consumers: ReturnType<typeof createConsumer>[]) {
  const connection = await connect(ground.url)
  return Object.assign(connection, {
    async [Symbol.asyncDispose]() {
      for (const consumer of consumers) await consumer.stop(0)
      await connection.close()
    },
  })
}

function recorder(queue: string) {
  const done: string[] = []
  const what = consumption(queue, {
    handle: async (items) => {
      done.push(...items)
      return []
    },
  })
  return { done, what }
}

test('a deleted queue ends the subscription alone: it says so, backs off, and subscribes when the queue is there again', async () => {
  const [gone, other] = [await ground.queue('gone'), await ground.queue('other')]
  const [first, second] = [recorder(gone), recorder(other)]
  const { log, lines } = recordedLog()
  await using bus = await ground.bus({ log, consume: [first.what, second.what] })
  await ground.hand.deleteQueue(gone)
  const refusals = () => lines.filter(({ msg }) => msg === 'not subscribed').map(({ attempt }) => attempt)
  // One loop of tries, each later than the one before.
  await eventually(() => expect(refusals()).toEqual([0, 1, 2, 3]))
  await ground.fill(other, ['untouched'])
  await eventually(() => expect(second.done).toEqual(['untouched']))
  expect(bus.state()).toBe('degraded')
  await ground.queue('gone')
  await ground.fill(gone, ['again'])
  await eventually(() => expect(first.done).toEqual(['again']))
  await eventually(() => expect(bus.state()).toBe('up'))
  expect(lines.filter(({ msg }) => msg === 'broker connection lost')).toEqual([])
  const { consumerCount } = await ground.hand.checkQueue(gone)
  expect(consumerCount).toBe(1)
})

test('questions wait at the broker, which drops what has expired: who falls behind gets no old ones', async () => {
  const queue = await ground.queue('questions', { 'x-queue-type': 'classic' })
  const gate = Promise.withResolvers<void>()
  const done: string[] = []
  const handle = async (items: readonly string[]) => {
    await gate.promise
    done.push(...items)
    return []
  }
  await using bus = await ground.bus({ consume: [consumption(queue, { ahead: 2, handle })] })
  for (const content of range(0, 10)) await bus.publish(messageTo(queue, content, { expiresMs: 500 }))
  await eventually(async () => expect(await ground.waiting(queue)).toBe(0))
  gate.resolve()
  await bus.publish(messageTo(queue, 'asked later'))
  await eventually(() => expect(done).toEqual(['0', '1', 'asked later']))
})

test('an ack of many on one queue leaves the other queue unacked: each has a channel of its own', async () => {
  const [slow, fast] = [await ground.queue('slow'), await ground.queue('fast')]
  const never = Promise.withResolvers<never>()
  const { done, what } = recorder(fast)
  const tools = { publish: async () => {}, log: recordedLog().log }
  const consumers = [
    createConsumer(consumption(slow, { handle: () => never.promise }), tools),
    createConsumer(what, tools),
  ]
  await using connection = await connectionOf(...consumers)
  for (const consumer of consumers) await consumer.attach(connection)
  await ground.fill(slow, ['in work'])
  await eventually(async () => expect(await ground.waiting(slow)).toBe(0))
  await ground.fill(fast, range(0, 20))
  await eventually(() => expect(done).toEqual(range(0, 20)))
  await consumers[1]?.stop(5_000)
  expect(await ground.waiting(fast)).toBe(0)
  await consumers[0]?.stop(0)
  // The broker gives back what a closed channel held a moment later.
  await eventually(async () => expect(await ground.waiting(slow)).toBe(1))
})

test('a consumer that leaves has acked what it did: nothing of it comes again', async () => {
  const queue = await ground.queue('left')
  const { done, what } = recorder(queue)
  const bus = await ground.bus({ consume: [what] })
  await ground.fill(queue, range(0, 3))
  await eventually(() => expect(done).toEqual(range(0, 3)))
  await bus[Symbol.asyncDispose]()
  expect(await ground.waiting(queue)).toBe(0)
})

test('a connection lost in the middle of a batch: it is handled again, in order, and the old try acks nothing', async () => {
  const queue = await ground.queue('interrupted')
  await using proxy = await cuttableProxy(ground.url)
  const seen: (readonly string[])[] = []
  const counts: number[] = []
  const held = Promise.withResolvers<void>()
  await using _bus = await ground.bus({
    url: proxy.url,
    consume: [
      consumption(queue, {
        unpack: ({ content, count }) => {
          counts.push(count)
          return [{ item: content.toString() }]
        },
        handle: async (items) => {
          seen.push(items)
          if (seen.length === 1) await held.promise
          return []
        },
      }),
    ],
  })
  await ground.fill(queue, range(0, 10))
  await eventually(() => expect(seen.length).toBe(1))
  proxy.cut()
  await eventually(async () => expect(await ground.waiting(queue)).toBe(10))
  held.resolve()
  proxy.mend()
  await eventually(() => expect(seen.slice(1).flat()).toEqual(range(0, 10)))
  // Only this loss counts as a further delivery.
  expect(Math.max(...counts)).toBe(1)
})

test('a message that was delivered three times before runs alone, one item after the other', async () => {
  const queue = await ground.queue('suspect')
  await ground.fill(queue, ['a b c'])
  for (let times = 0; times < 3; times++) {
    const message = await ground.hand.get(queue)
    if (message) ground.hand.reject(message, true)
  }
  await eventually(async () => expect(await ground.waiting(queue)).toBe(1))
  const batches: (readonly string[])[] = []
  await using _bus = await ground.bus({
    consume: [
      consumption(queue, {
        unpack: ({ content }) =>
          content
            .toString()
            .split(' ')
            .map((item) => ({ item })),
        handle: async (items) => {
          batches.push(items)
          return []
        },
      }),
    ],
  })
  await eventually(() => expect(batches.flat()).toHaveLength(3))
  expect(batches).toEqual([['a'], ['b'], ['c']])
})

test('a channel that the broker closes alone: the batch in hand is left, and another try at it begins on a new one', async () => {
  const queue = await ground.queue('closed-alone')
  await ground.fill(queue, ['it'])
  const seen: string[] = []
  const { log } = recordedLog()
  const consumer = createConsumer(
    consumption(queue, {
      unpack: ({ content, count }) => [{ item: `${content.toString()} ${count}` }],
      handle: async ([item]) => {
        seen.push(item!)
        if (seen.length < 8) throw new TransientError('timeout', 'late')
        return []
      },
    }),
    { publish: async () => {}, log },
  )
  await using connection = await connectionOf(consumer)
  const channels = channelsOf(connection)
  await consumer.attach(connection)
  await eventually(() => expect(seen.length).toBeGreaterThan(0))
  const before = seen.length
  breakChannel(channels[0]!)
  await eventually(() => expect(seen.length).toBeGreaterThanOrEqual(8))
  // From the second delivery on nobody works on the first any more.
  const firstAgain = seen.indexOf('it 1')
  expect(firstAgain).toBeGreaterThanOrEqual(before)
  expect(new Set(seen.slice(firstAgain))).toEqual(new Set(['it 1']))
})
