import { topology } from '@parvis/contracts/topology'
import type { ChannelModel } from 'amqplib'
import { TopologyError } from './check-topology.ts'
import { explain } from './errors.ts'
import { destroyConnection, openConnection, RefusedError } from './open-connection.ts'
import { backOffMs, pause, within } from './wait.ts'

/** What one try at declaring everything may take: it is some fifty calls of a few milliseconds. */
const DECLARE_MS = 30_000

/**
 * Declares every exchange, queue and binding with all arguments: the broker then has exactly these, or says where it
 * differs. Safe to repeat.
 * @param waitMs how long to try for a broker that cannot be reached yet
 * Rejects at once with a TopologyError that names the difference, or with a RefusedError; otherwise with the broker's
 * last error.
 */
export async function declareTopology(url: string, waitMs = 60_000): Promise<void> {
  const until = Date.now() + waitMs
  for (let attempt = 0; ; attempt++) {
    try {
      return await declareOnce(url)
    } catch (error) {
      if (error instanceof TopologyError || error instanceof RefusedError || Date.now() > until) throw error
      await pause(backOffMs(attempt, 2_000))
    }
  }
}

async function declareOnce(url: string): Promise<void> {
  const connection = await openConnection(url, 'topology job')
  connection.on('error', () => {})
  try {
    await within(DECLARE_MS, 'declare the topology', declareOn(connection))
  } finally {
    await within(2_000, 'close', connection.close()).catch(() => destroyConnection(connection))
  }
}

async function declareOn(connection: ChannelModel): Promise<void> {
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
    const code = Error.isError(error) && 'code' in error ? error.code : undefined
    // 406 PRECONDITION_FAILED: it is there, and otherwise.
    if (code === 406) {
      throw new TopologyError(`the broker's ${declaring} differs from what Parvis needs: ${explain(error)}`)
    }
    if (code === 403)
      throw new RefusedError(`the broker lets this user not declare the ${declaring}: ${explain(error)}`)
    throw error
  }
}
