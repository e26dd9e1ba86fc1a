import { type BrokerUse, brokerUse } from '@parvis/contracts/broker-rights'
import { exchanges, topology } from '@parvis/contracts/topology'
import { brokerAddresses, makeBrokerAccounts } from '@parvis/stack/broker-accounts'
import { freshGround } from '@parvis/testing/fresh-ground'
import { type Channel, type ChannelModel, connect } from 'amqplib'
import { declareTopology } from './declare-topology.ts'

// What each service's user may, and above all what it may not do at the broker.

const resources = new AsyncDisposableStack()
let addresses: ReturnType<typeof brokerAddresses>

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  await declareTopology(ground.servers.rabbitmq.url)
  addresses = brokerAddresses(ground.servers.rabbitmq.url)
  await makeBrokerAccounts(addresses, ground.servers.rabbitmq.management)
})

afterAll(() => resources.disposeAsync())

const services = Object.keys(brokerUse) as (keyof typeof brokerUse)[]

/** Whether the broker lets the service's user do it: a refusal closes the channel with 403. */
async function may(service: keyof typeof brokerUse, act: (channel: Channel) => Promise<unknown>): Promise<boolean> {
  const connection: ChannelModel = await connect(addresses[service])
  connection.on('error', () => {})
  try {
    const channel = await connection.createConfirmChannel()
    channel.on('error', () => {})
    await act(channel)
    // A refused publish is told by the channel's end alone.
    await channel.waitForConfirms()
    return true
  } catch (error) {
    expect(String(error)).toMatch(/ACCESS.REFUSED|channel closed/i)
    return false
  } finally {
    await connection.close().catch(() => {})
  }
}

const publish = (exchange: string, key: string) => async (channel: Channel) =>
  void channel.publish(exchange, key, Buffer.from('{}'))

test.each(services)('%s may consume its own queues and no others', async (service) => {
  const own: string[] = brokerUse[service].consumes
  for (const { name } of topology.queues) {
    const allowed = await may(service, async (channel) => {
      const { consumerTag } = await channel.consume(name, () => {}, { noAck: false })
      await channel.cancel(consumerTag)
    })
    expect({ name, allowed }).toEqual({ name, allowed: own.includes(name) })
  }
})

test.each(services)('%s may publish what it says and nothing else', async (service) => {
  const use: BrokerUse = brokerUse[service]
  const keys = ['post.created.p0', 'post.reviewed.p0', 'post.stored.p0', 'post.rejected', 'wall.requested']
  keys.push('wall.updated', 'wall.positions', 'session.ended')
  for (const exchange of Object.values(exchanges)) {
    for (const key of keys) {
      const allowed = await may(service, publish(exchange, key))
      const pattern = use.publishes[exchange]
      const expected = pattern !== undefined && (exchange === exchanges.parked || new RegExp(pattern).test(key))
      expect({ exchange, key, allowed }).toEqual({ exchange, key, allowed: expected })
    }
  }
})

test.each(services)('%s may neither make, change nor delete what the topology job makes', async (service) => {
  expect(await may(service, (channel) => channel.assertQueue('another'))).toBe(false)
  expect(await may(service, (channel) => channel.assertExchange('another', 'topic'))).toBe(false)
  expect(await may(service, (channel) => channel.deleteQueue('db-writer.p0'))).toBe(false)
  expect(await may(service, (channel) => channel.purgeQueue('db-writer.p0'))).toBe(service === 'db-writer')
  expect(await may(service, (channel) => channel.bindQueue('db-writer.p0', 'wall.commands', '#'))).toBe(false)
  const ears = (channel: Channel) => channel.assertQueue('gateway.other', { exclusive: true, durable: false })
  expect(await may(service, ears)).toBe(service === 'gateway')
})
