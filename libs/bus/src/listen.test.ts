import type { Outgoing } from '@parvis/contracts/outgoing'
import { exchanges } from '@parvis/contracts/topology'
import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import type { Channel } from 'amqplib'
import type { Bus } from './connect-bus.ts'
import { keepConnected } from './keep-connected.ts'
import { createListening } from './listen.ts'
import {
  type BrokerGround,
  breakChannel,
  brokerGround,
  channelsOf,
  messageTo,
  recordedLog,
} from './testing/broker-ground.ts'

// A gateway's ears.

let ground: BrokerGround
let proxy: Awaited<ReturnType<typeof cuttableProxy>>
let bus: Bus
let other: Bus
const heard: string[] = []
const told: string[] = []

interface ListedQueue {
  name: string
  exclusive: boolean
  arguments: Record<string, unknown>
  consumer_details?: { ack_required: boolean; prefetch_count: number }[]
}

beforeAll(async () => {
  ground = await brokerGround()
  proxy = await cuttableProxy(ground.url)
  const onMessage = (content: Buffer) => {
    if (content.toString() === 'throw') throw new Error('a listener that breaks its promise')
    heard.push(content.toString())
  }
  const listener = { onMessage, onUp: () => told.push('up'), onDown: () => told.push('down') }
  bus = await ground.bus({ url: proxy.url, listen: { instance: 'g1', listener } })
  other = await ground.bus()
})

afterAll(async () => {
  await bus[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await ground[Symbol.asyncDispose]()
})

function broadcast(routingKey: string, content: string): Outgoing {
  return messageTo(routingKey, content, { type: 'wall.updated', exchange: exchanges.updates, mandatory: false })
}

async function gatewayQueues(): Promise<ListedQueue[]> {
  const all = (await ground.api('GET', `/api/queues/${ground.vhost}`)) as ListedQueue[]
  return all.filter(({ name }) => name.startsWith('gateway.'))
}

test('hears what is for all and what is for it, and not what is for another; a throw does not deafen it', async () => {
  expect(told).toEqual(['up'])
  await other.publish(broadcast('wall.updated', 'for all'))
  await other.publish(broadcast('wall.updated', 'throw'))
  await other.publish(broadcast('wall.updated.g2', 'for another'))
  await other.publish(broadcast('wall.updated.g1', 'for it'))
  await eventually(() => expect(heard).toEqual(['for all', 'for it']))
})

test('its queue is exclusive, bounded by dropping the oldest, and consumed with acks and a bound', async () => {
  await eventually(async () => {
    const [queue] = await gatewayQueues()
    expect(queue).toMatchObject({
      name: 'gateway.g1.1',
      exclusive: true,
      arguments: { 'x-queue-type': 'classic', 'x-max-length-bytes': 64 * 1024 * 1024, 'x-overflow': 'drop-head' },
    })
    const detail = (await ground.api('GET', `/api/queues/${ground.vhost}/gateway.g1.1`)) as ListedQueue
    expect(detail.consumer_details).toMatchObject([{ ack_required: true, prefetch_count: 500 }])
  }, 30_000)
})

test('a lost connection is told, a new one has a new queue, and it hears again', async () => {
  proxy.cut()
  await eventually(() => expect(told).toEqual(['up', 'down']))
  proxy.mend()
  await eventually(() => expect(told).toEqual(['up', 'down', 'up']))
  await eventually(() => expect(bus.state()).toBe('up'))
  await other.publish(broadcast('wall.updated', 'after'))
  await eventually(() => expect(heard).toContain('after'))
  await eventually(async () => expect((await gatewayQueues()).map(({ name }) => name)).toEqual(['gateway.g1.2']))
})

test.each([
  ['fails alone', (channel: Channel) => breakChannel(channel)],
  ['loses its queue', (channel: Channel) => void channel.deleteQueue('gateway.breaking.1')],
])('a listening channel that %s takes its connection with it: told, and made anew', async (_, end) => {
  const changes: string[] = []
  const contents: string[] = []
  const { log } = recordedLog()
  const listening = createListening(
    'breaking',
    {
      onMessage: (content) => contents.push(content.toString()),
      onUp: () => changes.push('up'),
      onDown: () => changes.push('down'),
    },
    log,
  )
  const channels: Channel[][] = []
  const kept = keepConnected({
    url: ground.url,
    name: 'breaking',
    log,
    firstMs: 30_000,
    setUp: async (connection) => {
      channels.push(channelsOf(connection))
      await listening.attach(connection)
    },
    onDown: listening.detach,
  })
  await using _closed = { [Symbol.asyncDispose]: kept.close }
  await kept.ready
  end(channels[0]![0]!)
  await eventually(() => expect(changes).toEqual(['up', 'down', 'up']))
  await other.publish(broadcast('wall.updated', 'healed'))
  await eventually(() => expect(contents).toEqual(['healed']))
})
