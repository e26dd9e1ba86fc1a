import { eventually } from '@parvis/testing/eventually'
import type { Bus } from './connect-bus.ts'
import { isTransient } from './errors.ts'
import { type BrokerGround, brokerGround, messageTo } from './testing/broker-ground.ts'

// What each answer of the broker to a publish means.

let ground: BrokerGround
let bus: Bus

beforeAll(async () => {
  ground = await brokerGround()
  bus = await ground.bus()
})

afterAll(async () => {
  await bus[Symbol.asyncDispose]()
  await ground[Symbol.asyncDispose]()
})

test('resolves when the queue holds the message, durably and signed', async () => {
  const queue = await ground.queue('confirmed')
  const message = messageTo(queue, '{"text":"hello"}')
  await bus.publish(message)
  const [held] = await ground.drainQueue(queue)
  expect(held?.content.toString()).toBe('{"text":"hello"}')
  expect(held?.properties).toMatchObject({
    messageId: message.messageId,
    type: 'post.created',
    contentType: 'application/json',
    deliveryMode: 2,
    userId: new URL(ground.url).username,
  })
})

test('refuses as unroutable what no queue takes, and only that', async () => {
  const queue = await ground.queue('beside')
  const outcomes = await Promise.allSettled([
    bus.publish(messageTo(queue)),
    bus.publish(messageTo('missing')),
    bus.publish(messageTo(queue)),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(outcomes[1]).toMatchObject({ reason: { name: 'TransientError', code: 'unroutable' } })
  expect(await ground.waiting(queue)).toBe(2)
})

test('settles each of two publishes of one id: the one that is routed and the one that is returned', async () => {
  const queue = await ground.queue('twice')
  const twice = messageTo(queue)
  const [first, returned, second] = await Promise.allSettled([
    bus.publish(twice),
    bus.publish({ ...twice, routingKey: 'missing' }),
    bus.publish(twice),
  ])
  expect(first).toMatchObject({ status: 'fulfilled' })
  expect(returned).toMatchObject({ reason: { code: 'unroutable' } })
  expect(second).toMatchObject({ status: 'fulfilled' })
})

test('takes a broadcast that nobody hears as done', async () => {
  await bus.publish(messageTo('missing', 'x', { mandatory: false }))
})

test('a publish to a missing exchange is unconfirmed, takes the channel with it, and the next ones go through', async () => {
  const queue = await ground.queue('healed')
  const beside = bus.publish(messageTo(queue)).catch(({ code }) => code)
  await expect(bus.publish(messageTo(queue, 'x', { exchange: 'missing' }))).rejects.toMatchObject({
    code: 'unconfirmed',
  })
  await beside
  await eventually(() => bus.publish(messageTo(queue)))
  expect(bus.state()).toBe('up')
})

test('a full queue refuses: nacked', async () => {
  const queue = await ground.queue('full', { 'x-max-length': 1, 'x-overflow': 'reject-publish' })
  const refused = await eventually(async () => {
    const reason = await bus.publish(messageTo(queue)).then(
      () => undefined,
      (error) => error,
    )
    expect(reason).toBeDefined()
    return reason
  })
  expect(refused).toMatchObject({ name: 'TransientError', code: 'nacked' })
})

test('a message that can never be sent is not transient, and the channel lives', async () => {
  const queue = await ground.queue('unsendable')
  const reason = await bus.publish(messageTo(queue, 'x', { messageId: 'x'.repeat(256) })).catch((error) => error)
  expect(reason).toBeInstanceOf(Error)
  expect(isTransient(reason)).toBe(false)
  await bus.publish(messageTo(queue))
})
