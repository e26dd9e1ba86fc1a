import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import { type BrokerGround, brokerGround, consumption, messageTo, recordedLog } from './testing/broker-ground.ts'

// A broker that stands still and keeps its connections: nothing says so but the silence.

let ground: BrokerGround
let proxy: Awaited<ReturnType<typeof cuttableProxy>>

beforeAll(async () => {
  ground = await brokerGround()
  proxy = await cuttableProxy(ground.url)
})

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await ground[Symbol.asyncDispose]()
})

// Heartbeats of 6 s: without them it would be the server's 60 s and three times that.
test('calls end with an error, both connections are made anew, and what came meanwhile is handled', async () => {
  const queue = await ground.queue('frozen')
  const handled: string[] = []
  const handle = async (items: readonly string[]) => {
    handled.push(...items)
    return []
  }
  const { log, lines } = recordedLog()
  const bus = await ground.bus({ url: proxy.url, log, consume: [consumption(queue, { handle })] })
  await bus.publish(messageTo(queue, 'before'))
  const leaving = await ground.bus({ url: proxy.url, name: 'leaving' })
  proxy.freeze()
  let hasLeft = false
  const left = leaving[Symbol.asyncDispose]().then(() => {
    hasLeft = true
  })
  await expect(bus.publish(messageTo(queue, 'during'))).rejects.toMatchObject({ code: 'unconfirmed' })
  expect(bus.state()).toBe('down')
  // Closing has a limit of its own.
  expect(hasLeft).toBe(true)
  // After 10 s without a confirm, before the heartbeats tell.
  expect(lines).toContainEqual(
    expect.objectContaining({ msg: 'broker connection dropped', reason: 'no confirm in time' }),
  )
  const losses = () => lines.filter(({ msg }) => msg === 'broker connection lost').map(({ connection }) => connection)
  await eventually(() => expect(losses().sort()).toEqual(['test consumes', 'test publishes']), 40_000)
  await ground.fill(queue, ['after'])
  proxy.thaw()
  await eventually(() => expect(bus.state()).toBe('up'), 30_000)
  await eventually(() => expect(handled).toEqual(expect.arrayContaining(['before', 'after'])))
  await left
  await bus[Symbol.asyncDispose]()
})
