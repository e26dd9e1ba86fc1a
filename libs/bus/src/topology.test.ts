import { partitions } from '@parvis/contracts/partition'
import { exchanges, queues, topology } from '@parvis/contracts/topology'
import { eventually } from '@parvis/testing/eventually'
import { declareTopology } from './declare-topology.ts'
import { type BrokerGround, brokerGround, range } from './testing/broker-ground.ts'

// What the broker holds after the boot job, and what that keeps from being lost.

let ground: BrokerGround

beforeAll(async () => {
  ground = await brokerGround()
})
afterAll(() => ground[Symbol.asyncDispose]())

interface ListedQueue {
  name: string
  durable: boolean
  type: string
  arguments: Record<string, unknown>
}

const listed = async () => (await ground.api('GET', `/api/queues/${ground.vhost}`)) as ListedQueue[]

test('declaring once more is fine and adds nothing', async () => {
  await declareTopology(ground.url)
  const names = (await listed()).map(({ name }) => name)
  expect(names.sort()).toEqual(topology.queues.map(({ name }) => name).sort())
})

test('every lane: quorum, one active consumer, bounded by refusing, parks at least once, a limit that none reaches', async () => {
  const all = await listed()
  for (const partition of partitions) {
    for (const name of [queues.postWorker(partition), queues.dbWriter(partition), queues.cacheWorker(partition)]) {
      expect(all.find((queue) => queue.name === name)).toMatchObject({
        durable: true,
        type: 'quorum',
        arguments: {
          'x-queue-type': 'quorum',
          'x-single-active-consumer': true,
          'x-delivery-limit': 1_000_000,
          'x-dead-letter-exchange': 'parvis.parked',
          'x-dead-letter-strategy': 'at-least-once',
          'x-overflow': 'reject-publish',
          'x-max-length-bytes': 512 * 1024 * 1024,
        },
      })
    }
  }
})

test('the other queues: bounded all, what is parked stays two weeks and goes nowhere, questions ten seconds', async () => {
  const all = await listed()
  const args = (name: string) => all.find((queue) => queue.name === name)?.arguments
  expect(all.every((queue) => Number(queue.arguments['x-max-length-bytes']) > 0)).toBe(true)
  expect(all.every((queue) => queue.durable && queue.arguments['x-overflow'] === 'reject-publish')).toBe(true)
  expect(args(queues.dbWriterRejected)).toMatchObject({
    'x-queue-type': 'quorum',
    'x-delivery-limit': 1_000_000,
    'x-dead-letter-exchange': 'parvis.parked',
    'x-dead-letter-strategy': 'at-least-once',
  })
  expect(args(queues.parked)).toMatchObject({
    'x-queue-type': 'quorum',
    'x-delivery-limit': 1_000_000,
    'x-message-ttl': 14 * 86_400_000,
  })
  expect(args(queues.parked)).not.toHaveProperty('x-dead-letter-exchange')
  expect(args(queues.wallRequested)).toMatchObject({ 'x-message-ttl': 10_000 })
})

test('commands have no alternate exchange, which would hide that one reached no queue', async () => {
  const exchange = (await ground.api('GET', `/api/exchanges/${ground.vhost}/${exchanges.commands}`)) as object
  expect(exchange).toMatchObject({ type: 'topic', durable: true, arguments: {} })
})

test('a bare post.created goes to the first lane alone, one with a partition to its own', async () => {
  for (const key of ['post.created', 'post.created.p3']) {
    ground.hand.publish(exchanges.commands, key, Buffer.from(key), { mandatory: true })
  }
  await ground.hand.waitForConfirms()
  const counts = await Promise.all(partitions.map((partition) => ground.waiting(queues.postWorker(partition))))
  expect(counts).toEqual([1, 0, 0, 1])
})

test('a message that was given back 25 times is still there', async () => {
  const lane = queues.cacheWorker(1)
  await ground.fill(lane, ['tough'])
  const counts: number[] = []
  const { consumerTag } = await ground.hand.consume(lane, (message) => {
    if (!message) return
    counts.push(Number(message.properties.headers?.['x-delivery-count'] ?? 0))
    if (counts.length <= 25) ground.hand.reject(message, true)
    else ground.hand.ack(message)
  })
  await eventually(() => expect(counts).toEqual(range(0, 26).map(Number)))
  await ground.hand.cancel(consumerTag)
  expect(await ground.waiting(queues.parked)).toBe(0)
})

test('what a lane gives up for good is parked, not deleted', async () => {
  const lane = queues.cacheWorker(2)
  await ground.fill(lane, ['given up'])
  await ground.hand.consume(lane, (message) => message && ground.hand.reject(message, false))
  await eventually(async () => expect(await ground.waiting(queues.parked)).toBe(1))
})

test('one argument that differs: one line that names the queue and the argument, and everything as it was', async () => {
  const lane = queues.dbWriter(3)
  const { arguments: args } = topology.queues.find(({ name }) => name === lane)!
  await ground.hand.deleteQueue(lane)
  await ground.hand.assertQueue(lane, { durable: true, arguments: { ...args, 'x-max-length-bytes': 1 } })
  const reason = await declareTopology(ground.url).catch((error) => error)
  expect(reason).toMatchObject({ name: 'TopologyError' })
  expect(reason.message).toContain(lane)
  expect(reason.message).toContain('x-max-length-bytes')
  expect(reason.message).not.toContain('\n')
  expect((await listed()).find(({ name }) => name === lane)?.arguments).toMatchObject({ 'x-max-length-bytes': 1 })
})
