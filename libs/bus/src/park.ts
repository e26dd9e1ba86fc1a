import type { Outgoing } from '@parvis/contracts/outgoing'
import { exchanges, type MessageType } from '@parvis/contracts/topology'
import type { Publish } from './publisher.ts'

/**
 * Sets a message aside in `parvis.parked` for two weeks, for a person to look at, with its body as it was.
 * @param count how often it had been delivered
 */
export function parker(publish: Publish, type: MessageType, sourceQueue: string) {
  return (content: Outgoing['content'], reason: string, count: number): Promise<void> =>
    publish(
      {
        type,
        messageId: crypto.randomUUID(),
        exchange: exchanges.parked,
        routingKey: type,
        mandatory: true,
        content,
      },
      // Headers are slow and get lost by hand, but this road is rare and the management page shows them.
      {
        'x-reason': reason.slice(0, 500),
        'x-source-queue': sourceQueue,
        'x-count': count,
        'x-parked-at': new Date().toISOString(),
      },
    )
}
