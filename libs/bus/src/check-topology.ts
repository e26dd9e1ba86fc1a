import type { BrokerUse } from '@parvis/contracts/broker-rights'
import { topology } from '@parvis/contracts/topology'
import type { ChannelModel } from 'amqplib'

/** The broker lacks what it must have, or has it otherwise. Only a person can mend that. */
export class TopologyError extends Error {
  override name = 'TopologyError'
}

/**
 * Looks whether the exchanges and queues that a service uses are there (RabbitMQ 4 lets nobody look at others); without
 * `use`, whether all are. A passive declare sees neither arguments nor bindings: those are
 * the boot job's business (`declareTopology`), and a message that finds no queue comes back to its publisher.
 * Rejects with a TopologyError that names what is missing.
 */
export async function checkTopology(connection: ChannelModel, use?: BrokerUse): Promise<void> {
  const used = use && new Set([...Object.keys(use.publishes), ...use.consumes])
  const isUsed = ({ name }: { name: string }) => !used || used.has(name)
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  let looking = ''
  try {
    for (const { name } of topology.exchanges.filter(isUsed)) {
      looking = `exchange ${name}`
      await channel.checkExchange(name)
    }
    for (const { name } of topology.queues.filter(isUsed)) {
      looking = `queue ${name}`
      await channel.checkQueue(name)
    }
    await channel.close()
  } catch (error) {
    if (!(Error.isError(error) && error.message.includes('NOT_FOUND'))) throw error
    throw new TopologyError(`the broker has no ${looking}: run the topology job (infra/rabbitmq)`)
  }
}
