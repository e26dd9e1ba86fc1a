import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import type { ChannelModel } from 'amqplib'
import { keepConnected } from './keep-connected.ts'
import { type BrokerGround, brokerGround, recordedLog } from './testing/broker-ground.ts'

// One connection through all that can end it.

let ground: BrokerGround
let proxy: Awaited<ReturnType<typeof cuttableProxy>>

beforeAll(async () => {
  ground = await brokerGround()
})
beforeEach(async () => {
  proxy = await cuttableProxy(ground.url)
})
afterEach(() => proxy[Symbol.asyncDispose]())
afterAll(() => ground[Symbol.asyncDispose]())

function kept(setUp: (connection: ChannelModel) => Promise<void>, url = proxy.url) {
  const { log, lines } = recordedLog()
  const told = { up: 0, down: 0 }
  const connection = keepConnected({
    url,
    name: 'kept',
    log,
    firstMs: 30_000,
    setUp: async (fresh) => {
      await setUp(fresh)
      told.up++
    },
    onDown: () => told.down++,
  })
  return { ...connection, lines, told, [Symbol.asyncDispose]: connection.close }
}

test('a connection lost in the middle of its set-up is made anew', async () => {
  let tries = 0
  await using connection = kept(async (fresh) => {
    tries++
    if (tries === 1) proxy.cut()
    // An answer that the first connection never gets.
    await fresh.createChannel()
  })
  await eventually(() => expect(tries).toBe(1))
  await eventually(() => expect(connection.told.down).toBe(1))
  proxy.mend()
  await connection.ready
  expect(tries).toBe(2)
  expect(connection.told).toEqual({ up: 1, down: 1 })
})

test('a set-up that waits for itself does not keep a loss from being seen', async () => {
  let tries = 0
  await using connection = kept(async () => {
    tries++
    if (tries > 1) return
    setTimeout(() => proxy.cut(), 10)
    await new Promise(() => {})
  })
  await eventually(() => expect(connection.told.down).toBe(1))
  // Not by the limit of a set-up.
  expect(connection.lines).not.toContainEqual(expect.objectContaining({ reason: expect.stringContaining('no answer') }))
  proxy.mend()
  await connection.ready
})

test('a connection that is lost again and again comes back each time', async () => {
  await using connection = kept(async () => {})
  await connection.ready
  for (const times of [1, 2, 3]) {
    proxy.cut()
    await eventually(() => expect(connection.told.down).toBe(times))
    proxy.mend()
    await eventually(() => expect(connection.told.up).toBe(times + 1))
  }
})

test('the broker closing the connection (by its operator) is a loss like any other', async () => {
  await using connection = kept(async () => {})
  await connection.ready
  const listed = await eventually(async () => {
    const all = (await ground.api('GET', `/api/vhosts/${ground.vhost}/connections`)) as {
      name: string
      client_properties: { connection_name?: string }
    }[]
    const found = all.find(({ client_properties }) => client_properties.connection_name === 'kept')
    expect(found).toBeDefined()
    return found!
  }, 30_000)
  await ground.api('DELETE', `/api/connections/${encodeURIComponent(listed.name)}`)
  await eventually(() => expect(connection.told).toEqual({ up: 2, down: 1 }))
})

test('drop ends the connection, also a frozen one, and it comes back', async () => {
  await using connection = kept(async () => {})
  await connection.ready
  proxy.freeze()
  connection.drop('no answer')
  await eventually(() => expect(connection.told.down).toBe(1))
  proxy.thaw()
  await eventually(() => expect(connection.told.up).toBe(2), 30_000)
})

test('closing says nothing of a loss, and what closing does to the channels is no reason to drop', async () => {
  const connection = kept(async (fresh) => {
    const channel = await fresh.createChannel()
    channel.on('close', () => connection.drop('the channel closed'))
  })
  await connection.ready
  await connection.close()
  expect(connection.lines.map(({ level, msg }) => [level, msg])).toEqual([[30, 'broker connected']])
})

test('closes at once while it is connecting to a broker that does not answer, and while it is set up', async () => {
  // Each is begun before the one that is closed, so it would be the first to be given up for want of an answer.
  const isTrying = ({ lines }: { lines: object[] }) => expect(lines).toEqual([])
  proxy.freeze()
  {
    await using patient = kept(async () => {})
    const connecting = kept(async () => {})
    await connecting.close()
    isTrying(patient)
  }

  proxy.thaw()
  const settingUp = async () => {
    const begun = Promise.withResolvers<void>()
    const connection = kept(async () => {
      begun.resolve()
      await new Promise(() => {})
    })
    await begun.promise
    return connection
  }
  await using patient = await settingUp()
  await (await settingUp()).close()
  isTrying(patient)
})
