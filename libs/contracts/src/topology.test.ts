import { exchanges, gatewayQueue, queues, topology } from './topology.ts'

const quorum = topology.queues.filter(({ arguments: args }) => args['x-queue-type'] === 'quorum')
const lanes = quorum.filter(({ name }) => /\.p\d$/.test(name))

test('there are these exchanges and queues, by these names', () => {
  expect(topology.exchanges).toEqual([
    { name: 'wall.commands', type: 'topic' },
    { name: 'wall.events', type: 'topic' },
    { name: 'wall.updates', type: 'topic' },
    { name: 'parvis.parked', type: 'fanout' },
  ])
  const each = (service: string) => [0, 1, 2, 3].map((k) => `${service}.p${k}`)
  expect(topology.queues.map(({ name }) => name)).toEqual([
    ...each('post-worker'),
    ...each('db-writer'),
    ...each('cache-worker'),
    ...['db-writer.rejected', 'cache-worker.wall-requested', 'parvis.parked'],
    ...['post-worker.members', 'db-writer.members', 'cache-worker.members'],
  ])
})

test('these messages go to these queues', () => {
  const bound = topology.bindings.map(({ source, routingKey, destination }) => `${source} ${routingKey} ${destination}`)
  expect(bound.sort()).toEqual(
    [
      ...[0, 1, 2, 3].flatMap((k) => [
        `wall.commands post.created.p${k} post-worker.p${k}`,
        `wall.events post.reviewed.p${k} db-writer.p${k}`,
        `wall.events post.stored.p${k} cache-worker.p${k}`,
      ]),
      'wall.commands post.created post-worker.p0',
      'wall.commands wall.requested cache-worker.wall-requested',
      'wall.events post.rejected db-writer.rejected',
      'parvis.parked  parvis.parked',
    ].sort(),
  )
})

test.each(quorum)('the quorum queue $name has a delivery limit far off, and a bound in bytes that refuses', (queue) => {
  expect(queue.arguments).toMatchObject({
    'x-delivery-limit': 1_000_000,
    'x-overflow': 'reject-publish',
    'x-max-length-bytes': expect.any(Number),
  })
})

test.each(quorum.filter(({ name }) => name !== queues.parked))(
  '$name parks what it cannot keep, and loses none',
  ({ arguments: args }) => {
    expect(args).toMatchObject({
      'x-dead-letter-exchange': exchanges.parked,
      'x-dead-letter-strategy': 'at-least-once',
    })
  },
)

test('every lane has one consumer at a time', () => {
  expect(lanes).toHaveLength(12)
  for (const { arguments: args } of lanes) expect(args).toHaveProperty('x-single-active-consumer', true)
})

test('the end of the road keeps for two weeks and leads nowhere', () => {
  const parked = topology.queues.find(({ name }) => name === queues.parked)
  expect(parked?.arguments).toMatchObject({ 'x-queue-type': 'quorum', 'x-message-ttl': 14 * 24 * 3_600_000 })
  expect(parked?.arguments).not.toHaveProperty('x-dead-letter-exchange')
})

test('a question is worth nothing after ten seconds', () => {
  const asked = topology.queues.find(({ name }) => name === queues.wallRequested)
  expect(asked?.arguments).toMatchObject({ 'x-queue-type': 'classic', 'x-message-ttl': 10_000 })
})

test('every queue is bounded', () => {
  for (const { name, arguments: args } of [...topology.queues, gatewayQueue('a', 1)]) {
    expect([name, args['x-max-length-bytes']]).toEqual([name, expect.any(Number)])
  }
})

test("a gateway's queue is new for each connection, bounded, drops the oldest first, and hears all broadcasts", () => {
  const queue = gatewayQueue('g1', 1)
  expect(queue.name).not.toBe(gatewayQueue('g1', 2).name)
  expect(queue.name).not.toBe(gatewayQueue('g2', 1).name)
  expect(queue.arguments).toMatchObject({ 'x-queue-type': 'classic', 'x-overflow': 'drop-head' })
  const heard = ['wall.updated', 'wall.updated.g1', 'wall.positions', 'post.rejected', 'session.ended']
  expect(queue.routingKeys.sort()).toEqual(heard.sort())
})
