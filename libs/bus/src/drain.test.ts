import { setTimeout as sleep } from 'node:timers/promises'
import { queues } from '@parvis/contracts/topology'
import { eventually } from '@parvis/testing/eventually'
import { TransientError } from './errors.ts'
import { type BrokerGround, brokerGround, consumption, messageTo, range, recordedLog } from './testing/broker-ground.ts'

// Leaving a queue: the batch in hand is finished, and nobody overtakes it.

let ground: BrokerGround

beforeAll(async () => {
  ground = await brokerGround()
})
afterAll(() => ground[Symbol.asyncDispose]())

test('a standby takes over in the middle of a flow without a gap, a double or an overtaking', async () => {
  const lane = queues.dbWriter(0)
  const handled: string[] = []
  const by = new Map<string, number>()
  const slowly = (who: string) => async (items: readonly string[]) => {
    await sleep(5)
    for (const item of items) {
      handled.push(item)
      by.set(who, (by.get(who) ?? 0) + 1)
    }
    return []
  }
  const first = await ground.bus({ consume: [consumption(lane, { handle: slowly('first') })] })
  await using _standby = await ground.bus({ consume: [consumption(lane, { handle: slowly('standby') })] })
  let sent = 0
  const flow = (async () => {
    for (; sent < 600; sent += 10) {
      await ground.fill(lane, range(sent, sent + 10))
    }
  })()
  await eventually(() => expect(by.get('first')).toBeGreaterThan(50))
  await first[Symbol.asyncDispose]()
  await flow
  await eventually(() => expect(handled.length).toBeGreaterThanOrEqual(600))
  expect(handled).toEqual(range(0, 600))
  expect(by.get('standby')).toBeGreaterThan(0)
})

test('leaving waits for the batch in hand and for the confirms of what it causes', async () => {
  const [from, to] = [await ground.queue('in-hand'), await ground.queue('caused')]
  const working = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const bus = await ground.bus({
    consume: [
      consumption(from, {
        handle: async (items) => {
          begun.resolve()
          await working.promise
          return items.map((item) => messageTo(to, item))
        },
      }),
    ],
  })
  await ground.fill(from, ['1', '2', '3'])
  await begun.promise
  const leaving = bus[Symbol.asyncDispose]()
  working.resolve()
  await leaving
  // The first alone was in hand; the others, handed out ahead, are there for the next.
  expect((await ground.drainQueue(to)).map(({ content }) => content.toString())).toEqual(['1'])
  await eventually(async () => expect(await ground.waiting(from)).toBe(2))
  expect((await ground.drainQueue(from)).map(({ content }) => content.toString())).toEqual(['2', '3'])
})

test('a batch that cannot be finished in six seconds is left to the next, whole', async () => {
  const queue = await ground.queue('stuck')
  const { log, lines } = recordedLog()
  const bus = await ground.bus({
    log,
    consume: [
      consumption(queue, {
        handle: async () => {
          throw new TransientError('timeout', 'the database is away')
        },
      }),
    ],
  })
  await ground.fill(queue, ['1', '2'])
  await eventually(() => expect(lines.some(({ msg }) => String(msg).startsWith('batch failed'))).toBe(true))
  await bus[Symbol.asyncDispose]()
  expect(lines.some(({ msg }) => msg === 'batch left unfinished')).toBe(true)
  await eventually(async () => expect(await ground.waiting(queue)).toBe(2))
  expect((await ground.drainQueue(queue)).map(({ content }) => content.toString())).toEqual(['1', '2'])
})
