import { queues } from '@parvis/contracts/topology'
import { eventually } from '@parvis/testing/eventually'
import { declareTopology } from './declare-topology.ts'
import { type BrokerGround, brokerGround, consumption, recordedLog } from './testing/broker-ground.ts'

// What only a person can mend is told at once, with the reason, instead of being tried for a minute.

let ground: BrokerGround

beforeAll(async () => {
  ground = await brokerGround()
})
afterAll(() => ground[Symbol.asyncDispose](), 60_000)

async function told(promise: Promise<unknown>): Promise<Error> {
  const since = performance.now()
  const reason = await promise.then(
    () => new Error('it went through'),
    (error) => error,
  )
  expect(performance.now() - since).toBeLessThan(20_000)
  return reason
}

function changed(change: (url: URL) => void): string {
  const url = new URL(ground.url)
  change(url)
  return url.href
}

test.each([
  ['a wrong password', () => changed((url) => (url.password = 'wrong')), /refuses the user \w+ or its password/],
  ['an unknown virtual host', () => changed((url) => (url.pathname = '/nowhere')), /refuses the virtual host nowhere/],
])(
  '%s',
  async (_, url, reason) => {
    expect(await told(ground.bus({ url: url() }))).toMatchObject({ message: expect.stringMatching(reason) })
    const declaring = await told(declareTopology(url()))
    expect(declaring.message).toMatch(reason)
    expect(declaring.message).not.toContain('wrong')
  },
  60_000,
)

test('a user that may publish and may not read the queue it consumes', async () => {
  const name = `reader-${ground.vhost}`
  await ground.api('PUT', `/api/users/${name}`, { password: 'for-this-test', tags: '' })
  try {
    await ground.api('PUT', `/api/permissions/${ground.vhost}/${name}`, { configure: '.*', write: '.*', read: '^$' })
    const url = changed((address) => {
      address.username = name
      address.password = 'for-this-test'
    })
    const reason = await told(ground.bus({ url, consume: [consumption(queues.dbWriter(0))] }))
    expect(reason.message).toMatch(/ACCESS_REFUSED.*read access to queue 'db-writer.p0'|access to queue 'db-writer.p0'/)
  } finally {
    await ground.api('DELETE', `/api/users/${name}`)
  }
})

test('a topology that lacks something is named', async () => {
  await ground.hand.deleteQueue(queues.dbWriter(2))
  try {
    expect(await told(ground.bus())).toMatchObject({ name: 'TopologyError', message: /no queue db-writer.p2: run/ })
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
