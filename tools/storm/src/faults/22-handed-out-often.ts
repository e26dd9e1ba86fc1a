import { setTimeout as sleep } from 'node:timers/promises'
import { partitions } from '@parvis/contracts/partition'
import { queues } from '@parvis/contracts/topology'
import { withPath } from '@parvis/stack/ground'
// biome-ignore lint/style/noRestrictedImports: consumers that misbehave, as those of libs/bus cannot
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from 'amqplib'
import type { World } from '../world.ts'
import type { Fault } from './fault.ts'

const CHANNEL_CLOSES = 60
const CONNECTION_DROPS = 25
/** At the 21st RabbitMQ 4 deletes a message of a queue that does not say otherwise. */
const DEFAULT_LIMIT = 20
const AHEAD = 20
const HANDED_OUT_MS = 10_000

/**
 * Consumers that come and go with messages in hand. Both 3.10 and 4.3 count every one of them; without a limit of ours
 * 4.x deletes at the 21st, 3.10 never.
 */
export const handedOutOften: Fault = {
  number: 22,
  name: '22-handed-out-often',
  title: `the same messages are handed out and lost again by ${CHANNEL_CLOSES} closed channels and ${CONNECTION_DROPS} dropped connections`,
  touches: ['worker', 'broker', 'mysql'],
  holdMs: 0,
  async inject(world, { expect, note }) {
    const { wall, random } = world
    const queue = queues.dbWriter(random.pick(partitions))
    for (const writer of wall.services['db-writer']) await writer.stop()
    let [times, count] = [0, 0]
    const lookAt = ({ properties: { headers = {} } }: ConsumeMessage) => {
      times++
      count = Math.max(count, Number(headers['x-delivery-count'] ?? 0))
    }
    const closing = await open(world)
    for (let n = 0; n < CHANNEL_CLOSES; n++) {
      const channel = await closing.createChannel()
      lookAt(await takeSome(channel, queue))
      await channel.close()
    }
    await closing.close()
    for (let n = 0; n < CONNECTION_DROPS; n++) {
      const connection = await open(world)
      lookAt(await takeSome(await connection.createChannel(), queue))
      drop(connection)
    }
    note(`the oldest of ${queue} was handed out ${times} times; the broker counted ${count} of them`)
    expect('the broker counted more deliveries than its default limit', count > DEFAULT_LIMIT, `${count}`)
  },
  async heal({ wall }) {
    await Promise.all(wall.services['db-writer'].filter(({ isUp }) => !isUp).map((writer) => writer.start()))
  },
}

async function open({ servers, vhost }: World): Promise<ChannelModel> {
  const connection = await connect(withPath(servers.rabbitmq.directUrl(), vhost), { timeout: HANDED_OUT_MS })
  connection.on('error', () => {})
  return connection
}

/** Consumes until the first message is there, which stays in hand with those that came with it. */
async function takeSome(channel: Channel, queue: string): Promise<ConsumeMessage> {
  channel.on('error', () => {})
  await channel.prefetch(AHEAD)
  const first = Promise.withResolvers<ConsumeMessage>()
  await channel.consume(queue, (message) => message && first.resolve(message))
  const late = sleep(HANDED_OUT_MS, undefined, { ref: false }).then(() => {
    throw new Error(`${queue} hands out nothing`)
  })
  return Promise.race([first.promise, late])
}

/** Without a word to the broker, as a process that is killed. */
function drop(connection: ChannelModel): void {
  ;(connection.connection as unknown as { stream: { destroy(): void } }).stream.destroy()
}
