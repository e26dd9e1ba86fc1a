import { topology } from '@parvis/contracts/topology'
import { type ChannelModel, connect } from 'amqplib'
import { TopologyError } from './check-topology.ts'
import { explain } from './errors.ts'
import { backOffMs, pause, within } from './wait.ts'

/**
 * Declares every exchange, queue and binding with all arguments: the broker then has exactly these, or says where it
 * differs. Safe to repeat.
 * @param waitMs how long to wait for a broker that cannot be reached yet
 * Rejects with a TopologyError that names the difference, or with the broker's last error.
 */
export async function declareTopology(url: string, waitMs = 60_000): Promise<void> {
  const connection = await reach(url, Date.now() + waitMs)
  connection.on('error', () => {})
  let declaring = ''
  try {
    const channel = await connection.createChannel()
    channel.on('error', () => {})
    for (const { name, type } of topology.exchanges) {
      declaring = `exchange ${name}`
      await channel.assertExchange(name, type, { durable: true })
    }
    for (const queue of topology.queues) {
      declaring = `queue ${queue.name}`
      await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments })
    }
    for (const { source, destination, routingKey } of topology.bindings) {
      declaring = `binding of ${destination} to ${source}`
      await channel.bindQueue(destination, source, routingKey)
    }
  } catch (error) {
    throw new TopologyError(`the broker's ${declaring} differs from what Parvis needs: ${explain(error)}`)
  } finally {
    await within(2_000, 'close', connection.close()).catch(() => {})
  }
}

async function reach(url: string, until: number): Promise<ChannelModel> {
  const always = new AbortController().signal
  for (let attempt = 0; ; attempt++) {
    try {
      return await within(10_000, 'connect', connect(url, { noDelay: true, timeout: 10_000 }))
    } catch (error) {
      if (Date.now() > until) throw error
      await pause(backOffMs(attempt, 2_000), always)
    }
  }
}
