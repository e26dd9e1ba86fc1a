import { connectBus } from '@parvis/bus/connect-bus'
import { within } from '@parvis/bus/wait'
import { wallRequested } from '@parvis/contracts/wall-requested'
import { pino } from 'pino'

/**
 * Has a cache-worker read the channel again, for everyone: the window in Redis is replaced, and every page shown anew.
 * Rejects when the broker does not take the question within `ms`.
 */
export async function tellReaders(url: string, channel: string, ms: number): Promise<void> {
  const connecting = connectBus({ url, name: 'wall', log: pino({ level: 'silent' }) })
  await using bus = await within(ms, 'the broker', connecting)
  await bus.publish(wallRequested({ want: 'page', channels: [channel] }))
}
