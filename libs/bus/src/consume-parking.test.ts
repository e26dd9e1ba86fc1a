import { queues } from '@parvis/contracts/topology'
import { eventually } from '@parvis/testing/eventually'
import type { GetMessage } from 'amqplib'
import { type BrokerGround, brokerGround, consumption, messageTo, range, recordedLog } from './testing/broker-ground.ts'

// What cannot be handled is set aside with the reason, alone, and the rest goes on in order.

let ground: BrokerGround

beforeAll(async () => {
  ground = await brokerGround()
})
afterAll(() => ground[Symbol.asyncDispose]())

async function parked(count: number): Promise<GetMessage[]> {
  await eventually(async () => expect(await ground.waiting(queues.parked)).toBe(count))
  return ground.drainQueue(queues.parked)
}

test('parks the one bad item of a batch with reason, source queue, count and body; the rest goes on in order', async () => {
  const queue = await ground.queue('one-bad')
  const done: string[] = []
  const sizes: number[] = []
  const busy = Promise.withResolvers<void>()
  const { log, lines } = recordedLog()
  await using _bus = await ground.bus({
    log,
    consume: [
      consumption(queue, {
        handle: async (items) => {
          if (items[0] === 'first') await busy.promise
          sizes.push(items.length)
          const error = Object.assign(new Error('not with me'), { sql: 'INSERT … the words of 37' })
          if (items.includes('37')) throw error
          done.push(...items)
          return []
        },
        repack: (item) => JSON.stringify({ text: item }),
        onParked: (item, reason) => [messageTo(queues.dbWriterRejected, `${item}: ${reason}`)],
      }),
    ],
  })
  await ground.fill(queue, ['first', ...range(0, 64)])
  await eventually(async () => expect(await ground.waiting(queue)).toBe(0))
  busy.resolve()
  const [aside, ...others] = await parked(1)
  expect(others).toEqual([])
  expect(aside?.content.toString()).toBe('{"text":"37"}')
  expect(aside?.fields.routingKey).toBe('post.created')
  expect(aside?.properties).toMatchObject({
    type: 'post.created',
    deliveryMode: 2,
    headers: { 'x-reason': 'not with me', 'x-source-queue': queue, 'x-count': 0 },
  })
  expect(Date.parse(aside?.properties.headers?.['x-parked-at'])).toBeGreaterThan(Date.now() - 60_000)
  await eventually(() => expect(done).toEqual(['first', ...range(0, 37), ...range(38, 64)]))
  // Halving: 64 → 32 → 16 … → 1, not one by one.
  expect(sizes.length).toBeLessThan(20)
  await eventually(async () => expect(await ground.waiting(queues.dbWriterRejected)).toBe(1))
  const [word] = await ground.drainQueue(queues.dbWriterRejected)
  expect(word?.content.toString()).toBe('37: not with me')
  expect(JSON.stringify(lines)).not.toContain('the words of 37')
})

test('parks what cannot be read, byte for byte, and handles the next', async () => {
  const queue = await ground.queue('unreadable')
  const done: string[] = []
  await using _bus = await ground.bus({
    consume: [
      consumption(queue, {
        unpack: ({ content }) => {
          if (content.toString().startsWith('{')) throw new Error('not JSON')
          return [{ item: content.toString() }]
        },
        handle: async (items) => {
          done.push(...items)
          return []
        },
      }),
    ],
  })
  await ground.fill(queue, ['a', '{ half', 'b'])
  const [aside] = await parked(1)
  expect(aside?.content.toString()).toBe('{ half')
  expect(aside?.properties.headers).toMatchObject({ 'x-reason': 'not JSON', 'x-source-queue': queue })
  await eventually(() => expect(done).toEqual(['a', 'b']))
})

test('parks the unreadable part of a message alone', async () => {
  const queue = await ground.queue('half-readable')
  const done: string[] = []
  await using _bus = await ground.bus({
    consume: [
      consumption(queue, {
        unpack: () => [{ item: 'one' }, { fault: 'the second has no text', content: '{}' }, { item: 'three' }],
        handle: async (items) => {
          done.push(...items)
          return []
        },
      }),
    ],
  })
  await ground.fill(queue, ['three parts'])
  const [aside] = await parked(1)
  expect(aside?.content.toString()).toBe('{}')
  await eventually(() => expect(done).toEqual(['one', 'three']))
})

test('a handler that throws at once, without an error or with an unsendable effect parks the item and lives', async () => {
  const queue = await ground.queue('throwing')
  const done: string[] = []
  await using _bus = await ground.bus({
    consume: [
      consumption(queue, {
        handle: (items) => {
          if (items.includes('undefined')) throw undefined
          if (items.includes('sync')) throw new Error('sync')
          if (items.includes('unsendable'))
            return Promise.resolve([messageTo(queue, '', { messageId: 'x'.repeat(256) })])
          done.push(...items)
          return Promise.resolve([])
        },
      }),
    ],
  })
  await ground.fill(queue, ['undefined', 'sync', 'unsendable', 'good'])
  const aside = await parked(3)
  expect(aside.map(({ content }) => content.toString())).toEqual(['undefined', 'sync', 'unsendable'])
  await eventually(() => expect(done).toEqual(['good']))
})

test('an item that cannot even be repacked is parked as the message that it came in', async () => {
  const queue = await ground.queue('unpackable')
  const handle = async () => {
    throw new Error('no')
  }
  const repack = () => {
    throw new Error('nor this')
  }
  await using _bus = await ground.bus({ consume: [consumption(queue, { handle, repack })] })
  await ground.fill(queue, ['as it came'])
  const [aside] = await parked(1)
  expect(aside?.content.toString()).toBe('as it came')
})

test('parks once, also when those who wait cannot be told for a while or the telling fails', async () => {
  const queue = await ground.queue('untold')
  const handle = async () => {
    throw new Error('no')
  }
  let asked = 0
  const onParked = (item: string) => {
    asked++
    if (item === 'broken') throw new Error('cannot tell')
    return [messageTo('not-yet', item)]
  }
  await using _bus = await ground.bus({ consume: [consumption(queue, { handle, onParked })] })
  await ground.fill(queue, ['broken', 'told'])
  await eventually(() => expect(asked).toBeGreaterThanOrEqual(3))
  await ground.queue('not-yet')
  await eventually(async () => expect(await ground.waiting('not-yet')).toBe(1))
  expect((await parked(2)).map(({ content }) => content.toString())).toEqual(['broken', 'told'])
})
