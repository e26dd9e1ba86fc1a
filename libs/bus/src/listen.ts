import { exchanges, gatewayQueue } from '@parvis/contracts/topology'
import type { ChannelModel } from 'amqplib'
import type { Logger } from 'pino'
import { ackTogether } from './ack-together.ts'
import { explain } from './errors.ts'

/** Broadcasts handed out ahead. A gateway handles one in microseconds; more would only hide that it is behind. */
const PREFETCH = 500

export interface Listener {
  /** What each broadcast is given to. It must not throw or wait. */
  onMessage: (content: Buffer) => void
  /** From now on every broadcast is heard; what was said before may have been missed. */
  onUp: () => void
  onDown: () => void
}

/**
 * Hears the broadcasts for one gateway on an exclusive queue with a new name for each connection (the broker may still
 * hold the old one), with acks, since a length bound does nothing for what is delivered without.
 */
export function createListening(instance: string, listener: Listener, log: Logger) {
  let connections = 0
  let up = false
  return {
    async attach(connection: ChannelModel): Promise<void> {
      const queue = gatewayQueue(instance, ++connections)
      const channel = await connection.createChannel()
      channel.on('error', (error) => log.warn({ reason: error.message }, 'listening channel failed'))
      const acks = ackTogether(channel, PREFETCH / 4)
      // Without its channel a gateway is deaf: the connection begins anew, and with it a new queue.
      channel.on('close', () => {
        acks.forget()
        void connection.close().catch(() => {})
      })
      await channel.prefetch(PREFETCH)
      await channel.assertQueue(queue.name, { exclusive: true, durable: false, arguments: queue.arguments })
      for (const routingKey of queue.routingKeys) await channel.bindQueue(queue.name, exchanges.updates, routingKey)
      await channel.consume(queue.name, (message) => {
        if (message === null) return void channel.close().catch(() => {})
        try {
          listener.onMessage(message.content)
        } catch (error) {
          log.error({ reason: explain(error) }, 'a broadcast could not be handled')
        }
        acks.done(message, 1)
      })
      up = true
      listener.onUp()
    },
    detach() {
      if (up) listener.onDown()
      up = false
    },
  }
}
