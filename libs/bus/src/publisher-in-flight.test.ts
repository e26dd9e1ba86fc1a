import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import type { Bus } from './connect-bus.ts'
import { type BrokerGround, brokerGround, messageTo } from './testing/broker-ground.ts'

// What happens to messages that wait for their confirm, and how many may.

let ground: BrokerGround
let proxy: Awaited<ReturnType<typeof cuttableProxy>>
let bus: Bus
let queue: string

beforeAll(async () => {
  ground = await brokerGround()
  proxy = await cuttableProxy(ground.url)
  bus = await ground.bus({ url: proxy.url })
  queue = await ground.queue('target')
})

afterAll(async () => {
  await bus[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await ground[Symbol.asyncDispose]()
})

const codeOf = (publishing: Promise<void>): Promise<string> =>
  publishing.then(
    () => 'confirmed',
    ({ code }) => code,
  )

async function backUp(): Promise<void> {
  proxy.thaw()
  proxy.mend()
  await eventually(async () => expect(await codeOf(bus.publish(messageTo(queue)))).toBe('confirmed'))
  await eventually(() => expect(bus.state()).toBe('up'))
}

test('a connection lost before the confirm: unconfirmed; then not-connected; then it heals', async () => {
  proxy.freeze('answers')
  const inFlight = codeOf(bus.publish(messageTo(queue, 'in flight')))
  await eventually(async () => expect(await ground.waiting(queue)).toBe(1))
  proxy.cut()
  expect(await inFlight).toBe('unconfirmed')
  expect(await codeOf(bus.publish(messageTo(queue)))).toBe('not-connected')
  expect(bus.state()).toBe('down')
  await backUp()
})

test('refuses the 2,001st message that would wait for its confirm', async () => {
  proxy.freeze('answers')
  const waiting = Array.from({ length: 2_000 }, () => codeOf(bus.publish(messageTo(queue))))
  expect(await codeOf(bus.publish(messageTo(queue)))).toBe('too-much-in-flight')
  proxy.thaw()
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['confirmed']))
  expect(await codeOf(bus.publish(messageTo(queue)))).toBe('confirmed')
})

test('refuses what would wait beyond 64 MiB', async () => {
  proxy.freeze()
  const content = new Uint8Array(16 * 1024 * 1024)
  const waiting = Array.from({ length: 4 }, () => codeOf(bus.publish(messageTo(queue, '', { content }))))
  expect(await codeOf(bus.publish(messageTo(queue)))).toBe('too-much-in-flight')
  proxy.cut()
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['unconfirmed']))
  await backUp()
})

test('while the broker takes nothing: refuses at once, frees what waits, says so, and goes on afterwards', async () => {
  proxy.freeze('answers')
  const waiting = codeOf(bus.publish(messageTo(queue)))
  proxy.say(connectionBlocked('low on memory'))
  expect(await waiting).toBe('blocked')
  expect(await codeOf(bus.publish(messageTo(queue)))).toBe('blocked')
  expect(bus.state()).toBe('degraded')
  proxy.say(connectionUnblocked)
  await eventually(() => expect(bus.state()).toBe('up'))
  proxy.thaw()
  expect(await codeOf(bus.publish(messageTo(queue)))).toBe('confirmed')
})

// The frames that RabbitMQ sends in a memory alarm (class 10, methods 60 and 61, on channel 0). An alarm itself would
// stop every publisher of a broker that all tests share.
function connectionBlocked(reason: string): Uint8Array {
  const text = Buffer.from(reason)
  return methodFrame(60, Buffer.concat([Buffer.from([text.length]), text]))
}

const connectionUnblocked = methodFrame(61, Buffer.alloc(0))

function methodFrame(method: number, fields: Buffer): Buffer {
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 4 + fields.length, 0, 10, 0, method])
  return Buffer.concat([head, fields, Buffer.from([0xce])])
}
