import { queues } from '@parvis/contracts/topology'
import { eventually } from '@parvis/testing/eventually'
import { declareTopology } from './declare-topology.ts'
import { type BrokerGround, brokerGround, consumption, recordedLog } from './testing/broker-ground.ts'

// What only a person can mend is told at once, with the reason, instead of being tried for a minute.

let ground: BrokerGround

beforeAll(async () => {
  ground = await brokerGround()
})
afterAll(() => ground[Symbol.asyncDispose]())

/** Why there is no bus, which is known after one try. */
async function refused(options: Parameters<BrokerGround['bus']>[0] = {}): Promise<Error> {
  const { log, lines } = recordedLog()
  const reason = await told(ground.bus({ log, ...options }))
  expect(lines.filter(({ msg }) => msg === 'broker not reached')).toMatchObject([{ attempt: 1 }])
  return reason
}

const told = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('it went through'),
    (error) => error,
  )

function changed(change: (url: URL) => void): string {
  const url = new URL(ground.url)
  change(url)
  return url.href
}

test.each([
  ['a wrong password', () => changed((url) => (url.password = 'wrong')), /refuses the user \w+ or its password/],
  ['an unknown virtual host', () => changed((url) => (url.pathname = '/nowhere')), /refuses the virtual host nowhere/],
])('%s', async (_, url, reason) => {
  expect(await refused({ url: url() })).toMatchObject({ message: expect.stringMatching(reason) })
  // Were it tried again, it would be for ever.
  const declaring = await told(declareTopology(url(), Number.POSITIVE_INFINITY))
  expect(declaring.message).toMatch(reason)
  expect(declaring.message).not.toContain('wrong')
})

test('a user that may publish and may not read the queue it consumes', async () => {
  const name = `reader-${ground.vhost}`
  await ground.api('PUT', `/api/users/${name}`, { password: 'for-this-test', tags: '' })
  try {
    await ground.api('PUT', `/api/permissions/${ground.vhost}/${name}`, { configure: '.*', write: '.*', read: '^$' })
    const url = changed((address) => {
      address.username = name
      address.password = 'for-this-test'
    })
    const reason = await refused({ url, consume: [consumption(queues.dbWriter(0))] })
    expect(reason.message).toMatch(/ACCESS_REFUSED.*read access to queue 'db-writer.p0'|access to queue 'db-writer.p0'/)
  } finally {
    await ground.api('DELETE', `/api/users/${name}`)
  }
})

test('a topology that lacks something is named', async () => {
  await ground.hand.deleteQueue(queues.dbWriter(2))
  try {
    expect(await refused()).toMatchObject({
      name: 'TopologyError',
      message: expect.stringMatching(/no queue db-writer.p2: run/),
    })
  } finally {
    await declareTopology(ground.url)
  }
})

test('starting, running and closing normally warns of nothing', async () => {
  const { log, lines } = recordedLog()
  const listener = { onMessage: () => {}, onUp: () => {}, onDown: () => {} }
  const bus = await ground.bus({
    log,
    consume: [consumption(queues.postWorker(0))],
    share: { service: 'post-worker', queues: [queues.postWorker(0)] },
    listen: { instance: 'quiet', listener },
  })
  await eventually(() => expect(bus.state()).toBe('up'))
  await bus[Symbol.asyncDispose]()
  expect(lines.filter(({ level }) => Number(level) > 30)).toEqual([])
  expect(bus.state()).toBe('down')
})
