import { BATCH_POSTS, FRAME_BYTES } from '@parvis/contracts/limits'
import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import { connect } from 'amqplib'
import { createConsumer } from './consume.ts'
import { TransientError } from './errors.ts'
import { type BrokerGround, brokerGround, consumption, messageTo, range, recordedLog } from './testing/broker-ground.ts'

// In order, in batches, and acked only when what it caused is safe.

interface ConsumerSeen {
  queue: { name: string }
  prefetch_count: number
}

let ground: BrokerGround

beforeAll(async () => {
  ground = await brokerGround()
})
afterAll(() => ground[Symbol.asyncDispose]())

test('hands on one message at once when idle, and what has piled up when busy, in order, 500 at most', async () => {
  const queue = await ground.queue('batches')
  const batches: (readonly string[])[] = []
  const busy = Promise.withResolvers<void>()
  const handle = async (items: readonly string[]) => {
    batches.push(items)
    if (batches.length === 1) await busy.promise
    return []
  }
  await using _bus = await ground.bus({ consume: [consumption(queue, { handle })] })
  await ground.fill(queue, ['0'])
  await eventually(() => expect(batches).toEqual([['0']]))
  await ground.fill(queue, range(1, 1_200))
  // Prefetched while the first is in work; nothing else says that they have arrived here.
  await eventually(async () => expect(await ground.waiting(queue)).toBeLessThanOrEqual(200))
  busy.resolve()
  await eventually(() => expect(batches.flat()).toEqual(range(0, 1_200)))
  expect(Math.max(...batches.map(({ length }) => length))).toBe(BATCH_POSTS)
  expect(batches.length).toBeLessThan(100)
})

test('hands out at most 1,000 messages ahead', async () => {
  const queue = await ground.queue('prefetch')
  const busy = Promise.withResolvers<void>()
  const bus = await ground.bus({ consume: [consumption(queue, { handle: () => busy.promise.then(() => []) })] })
  await ground.fill(queue, range(0, 1_100))
  await eventually(async () => expect(await ground.waiting(queue)).toBe(100))
  busy.resolve()
  await eventually(async () => expect(await ground.waiting(queue)).toBe(0))
  await bus[Symbol.asyncDispose]()
})

test('holds at most 64 MiB ahead: large messages are given back, and fewer are taken, in order, each once', async () => {
  const queue = await ground.queue('large', { 'x-single-active-consumer': true })
  const busy = Promise.withResolvers<void>()
  const done: string[] = []
  const { log, lines } = recordedLog()
  const handle = async (items: readonly string[]) => {
    await busy.promise
    done.push(...items.map((item) => item.trim()))
    return []
  }
  await using _bus = await ground.bus({ log, consume: [consumption(queue, { handle })] })
  const large = range(0, 135).map((name) => name.padEnd(FRAME_BYTES))
  await ground.fill(queue, large)
  const given = () => lines.find(({ msg }) => msg === 'messages are large: taking fewer ahead')
  await eventually(() => expect(given()).toMatchObject({ ahead: 125 }))
  expect(given()?.bytes).toBeLessThanOrEqual(64 * 1024 * 1024 + FRAME_BYTES)
  busy.resolve()
  await eventually(() => expect(done).toEqual(range(0, 135)), 30_000)
  await eventually(async () => {
    const consumers = (await ground.api('GET', `/api/consumers/${ground.vhost}`)) as ConsumerSeen[]
    const mine = consumers.filter((each) => each.queue.name === queue)
    expect(mine.map(({ prefetch_count }) => prefetch_count)).toEqual([125])
  }, 30_000)
})

test('acks only after the confirms of what the handler returned', async () => {
  const queue = await ground.queue('unconfirmed')
  const asked = Promise.withResolvers<void>()
  const publish = () => {
    asked.resolve()
    return new Promise<never>(() => {})
  }
  const handle = async (items: readonly string[]) => items.map((item) => messageTo('anywhere', item))
  const consumer = createConsumer(consumption(queue, { handle }), { publish, log: recordedLog().log })
  const connection = await connect(ground.url)
  await consumer.attach(connection)
  await ground.fill(queue, ['it'])
  await asked.promise
  // Whoever leaves acks at once what is done.
  await consumer.stop(0)
  await eventually(async () => expect(await ground.waiting(queue)).toBe(1))
  await connection.close()
})

test('what has no confirm when the process dies is done again by who takes over', async () => {
  const [from, to] = [await ground.queue('cause'), await ground.queue('effect')]
  await using proxy = await cuttableProxy(ground.url)
  const handled: string[] = []
  const effect = (items: readonly string[]) => items.map((item) => messageTo(to, `effect of ${item}`))
  const first = await ground.bus({
    url: proxy.url,
    consume: [
      consumption(from, {
        handle: async (items) => {
          proxy.freeze('answers')
          return effect(items)
        },
      }),
    ],
  })
  await ground.fill(from, ['it'])
  // The effect is in its queue, its confirm never arrives, and then the process is gone.
  await eventually(async () => expect(await ground.waiting(to)).toBe(1))
  proxy.cut()
  await using _second = await ground.bus({
    consume: [
      consumption(from, {
        handle: async (items) => {
          handled.push(...items)
          return effect(items)
        },
      }),
    ],
  })
  await eventually(() => expect(handled).toEqual(['it']))
  await eventually(async () => expect(await ground.waiting(to)).toBe(2))
  await first[Symbol.asyncDispose]()
})

test('a transient failure repeats the same items in place: nothing is parked, requeued or overtaken', async () => {
  const queue = await ground.queue('transient')
  await ground.fill(queue, range(0, 50))
  const seen: string[] = []
  const done: string[] = []
  const counts = new Set<number>()
  await using _bus = await ground.bus({
    consume: [
      consumption(queue, {
        unpack: ({ content, count }) => {
          counts.add(count)
          return [{ item: content.toString() }]
        },
        handle: async (items) => {
          const before = seen.length
          seen.push(...items)
          if (before < 60 && items.includes('7')) throw new TransientError('timeout', 'the database is slow')
          done.push(...items)
          return []
        },
      }),
    ],
  })
  await eventually(() => expect(done).toEqual(range(0, 50)))
  expect(seen.length).toBeGreaterThan(50)
  expect([...counts]).toEqual([0])
  expect(await ground.waiting('parvis.parked')).toBe(0)
})

test('a refused effect is transient too: the batch waits until the queue is back', async () => {
  const from = await ground.queue('before-the-gap')
  const done: string[] = []
  await using _bus = await ground.bus({
    consume: [
      consumption(from, {
        handle: async (items) => {
          done.push(...items)
          return items.map((item) => messageTo('gap', item))
        },
      }),
    ],
  })
  await ground.fill(from, ['a'])
  await eventually(() => expect(done.length).toBeGreaterThanOrEqual(2))
  const gap = await ground.queue('gap')
  await eventually(async () => expect(await ground.waiting(gap)).toBe(1))
  await ground.fill(from, ['b'])
  await eventually(async () => expect(await ground.waiting(gap)).toBe(2))
  expect((await ground.drainQueue(gap)).map(({ content }) => content.toString())).toEqual(['a', 'b'])
})
