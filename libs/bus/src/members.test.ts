import { setTimeout as sleep } from 'node:timers/promises'
import { partitions } from '@parvis/contracts/partition'
import { queues, topology } from '@parvis/contracts/topology'
import { eventually } from '@parvis/testing/eventually'
import type { Bus } from './connect-bus.ts'
import { type BrokerGround, brokerGround, consumption, range } from './testing/broker-ground.ts'

// Partitions spread over the processes of a service, whoever came first.

let ground: BrokerGround
const flow = new AbortController()
const handled = new Map(partitions.map((partition) => [partition, [] as string[]]))
const holder = new Map<number, string>()
let flowing: Promise<void>

beforeAll(async () => {
  ground = await brokerGround()
  flowing = (async () => {
    for (let n = 0; !flow.signal.aborted; n++) {
      for (const partition of partitions) await ground.fill(queues.postWorker(partition), [String(n)])
      await sleep(20)
    }
  })()
})

afterAll(async () => {
  flow.abort()
  await flowing
  await ground[Symbol.asyncDispose]()
})

function start(name: string): Promise<Bus> {
  return ground.bus({
    name,
    consume: partitions.map((partition) =>
      consumption(queues.postWorker(partition), {
        handle: async (items) => {
          handled.get(partition)?.push(...items)
          holder.set(partition, name)
          return []
        },
      }),
    ),
    share: { service: 'post-worker', queues: partitions.map(queues.postWorker) },
  })
}

/** How many partitions each process works on, as the last batch of each says. */
function shares(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of holder.values()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

test('one holds all four; a second gets two; a third stands by; whoever stays takes over; all of it in order', async () => {
  const first = await start('first')
  await eventually(() => expect(shares()).toEqual({ first: 4 }))
  const second = await start('second')
  await eventually(() => expect(shares()).toEqual({ first: 2, second: 2 }), 40_000)
  const third = await start('third')
  await first[Symbol.asyncDispose]()
  // What the first held goes to those who wait for it; nobody keeps more than its share of two.
  await eventually(() => expect(shares()).toEqual({ second: 2, third: 2 }), 40_000)
  await second[Symbol.asyncDispose]()
  await eventually(() => expect(shares()).toEqual({ third: 4 }), 40_000)

  // The queue that counts them is deleted and declared anew: they count on.
  const members = topology.queues.find(({ name }) => name === queues.members('post-worker'))!
  await ground.hand.deleteQueue(members.name)
  await ground.hand.assertQueue(members.name, { durable: true, arguments: members.arguments })
  const fourth = await start('fourth')
  await eventually(() => expect(shares()).toEqual({ third: 2, fourth: 2 }), 40_000)

  flow.abort()
  await flowing
  for (const partition of partitions) {
    const all = handled.get(partition) ?? []
    await eventually(async () => expect(await ground.waiting(queues.postWorker(partition))).toBe(0))
    await eventually(() => expect(all).toEqual(range(0, all.length)))
  }
  await third[Symbol.asyncDispose]()
  await fourth[Symbol.asyncDispose]()
})
