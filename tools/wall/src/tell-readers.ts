import { connectBus } from '@parvis/bus/connect-bus'
import { within } from '@parvis/bus/wait'
import { head } from '@parvis/contracts/outgoing'
import { exchanges } from '@parvis/contracts/topology'
import { pino } from 'pino'

/**
 * Has a cache-worker read the channel again, for everyone: the window in Redis is replaced, and every page shown anew.
 * Rejects when the broker does not take the question within `ms`.
 */
export async function tellReaders(url: string, channel: string, ms: number): Promise<void> {
  const connecting = connectBus({ url, name: 'wall', log: pino({ level: 'silent' }) })
  await using bus = await within(ms, 'the broker', connecting)
  const body = { ...head('wall.requested'), want: 'page', channels: [channel] }
  await bus.publish({
    type: body.type,
    messageId: body.messageId,
    exchange: exchanges.commands,
    routingKey: 'wall.requested',
    mandatory: true,
    content: JSON.stringify(body),
  })
}
