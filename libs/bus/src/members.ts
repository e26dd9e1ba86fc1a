import { PARTITIONS } from '@parvis/contracts/partition'
import { queues, type SharingService } from '@parvis/contracts/topology'
import type { Channel, ChannelModel } from 'amqplib'
import type { Logger } from 'pino'
import type { Consumer } from './consume.ts'
import { explain } from './errors.ts'

/** How often a process looks whether it has more than its share. Four looks at most bring two processes to two each. */
const LOOK_MS = 3_000

/** How many partitions one of `members` processes may keep. */
function fairShare(members: number): number {
  return Math.ceil(PARTITIONS / Math.max(1, members))
}

/**
 * Spreads the partitions over the processes of a service. Started alone, several processes leave all partitions with
 * the first; so each consumes `<service>.members` too, whose consumer count says how many they are, and whoever works
 * on more partitions than its share gives one up between batches, and stands by for it.
 */
export function sharePartitions(service: SharingService, consumers: readonly Consumer[], log: Logger) {
  const queue = queues.members(service)
  let connection: ChannelModel | undefined
  let channel: Channel | undefined
  let looking = false

  async function join(on: ChannelModel): Promise<void> {
    const opened = await on.createChannel()
    opened.on('error', (error) => log.warn({ reason: error.message }, 'members channel failed'))
    opened.on('close', () => {
      if (channel === opened) channel = undefined
    })
    await opened.consume(queue, (message) => {
      // null: the queue was deleted. The next look joins anew.
      if (message === null) void opened.close().catch(() => {})
      else opened.ack(message)
    })
    channel = opened
  }

  async function look(): Promise<void> {
    if (!connection || looking) return
    looking = true
    try {
      if (!channel) await join(connection)
      const { consumerCount } = (await channel?.checkQueue(queue)) ?? { consumerCount: 0 }
      const held = consumers.filter((consumer) => consumer.holds())
      const spare = held.length > fairShare(consumerCount) ? held.at(-1) : undefined
      if (spare) {
        log.info({ queue: spare.queue, members: consumerCount, held: held.length }, 'giving up a partition')
        await spare.giveUp()
      }
    } catch (error) {
      log.warn({ reason: explain(error) }, 'members not counted')
    } finally {
      looking = false
    }
  }
  const timer = setInterval(look, LOOK_MS).unref()

  return {
    async attach(on: ChannelModel): Promise<void> {
      await join(on)
      connection = on
    },
    detach(): void {
      connection = undefined
      channel = undefined
    },
    stop: () => clearInterval(timer),
  }
}
