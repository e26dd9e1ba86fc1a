import { topology } from '@parvis/contracts/topology'
import type { ChannelModel } from 'amqplib'

/** The broker lacks what it must have, or has it otherwise. Only a person can mend that. */
export class TopologyError extends Error {
  override name = 'TopologyError'
}

/**
 * Looks whether every exchange and queue is there. A passive declare sees neither arguments nor bindings: those are
 * the boot job's business (`declareTopology`), and a message that finds no queue comes back to its publisher.
 * Rejects with a TopologyError that names what is missing.
 */
export async function checkTopology(connection: ChannelModel): Promise<void> {
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  let looking = ''
  try {
    for (const { name } of topology.exchanges) {
      looking = `exchange ${name}`
      await channel.checkExchange(name)
    }
    for (const { name } of topology.queues) {
      looking = `queue ${name}`
      await channel.checkQueue(name)
    }
    await channel.close()
  } catch (error) {
    if (!(Error.isError(error) && error.message.includes('NOT_FOUND'))) throw error
    throw new TopologyError(`the broker has no ${looking}: run the topology job (infra/rabbitmq)`)
  }
}
