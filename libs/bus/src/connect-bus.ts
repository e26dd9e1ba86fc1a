import type { BrokerUse } from '@parvis/contracts/broker-rights'
import type { SharingService } from '@parvis/contracts/topology'
import type { ChannelModel } from 'amqplib'
import type { Logger } from 'pino'
import { checkTopology } from './check-topology.ts'
import { type Consumer, type Consumption, createConsumer } from './consume.ts'
import { type KeptConnection, keepConnected } from './keep-connected.ts'
import { createListening, type Listener } from './listen.ts'
import { sharePartitions } from './members.ts'
import { userOf } from './open-connection.ts'
import { createPublisher, type Publish } from './publisher.ts'

/** How long a process waits at its start for a broker that cannot be reached. */
const FIRST_MS = 60_000
/** What a batch in hand may take to finish when the process ends. */
const DRAIN_MS = 6_000

export interface Bus {
  publish: Publish
  /**
   * `up`: both connections work and all queues are consumed; `degraded`: the broker takes no messages for now, or one of
   * the queues cannot be consumed; `down`.
   */
  state(): 'up' | 'degraded' | 'down'
  [Symbol.asyncDispose](): Promise<void>
}

export interface BusOptions {
  url: string
  /** The process, as RabbitMQ's management page shows it. */
  name: string
  log: Logger
  /** What its user may do at the broker, so what it looks for there; everything where it is absent. */
  use?: BrokerUse
  /** What it consumes, each queue on a channel of its own. */
  // biome-ignore lint/suspicious/noExplicitAny: each consumption has an item type of its own
  consume?: Consumption<any>[]
  /** The service whose partitions are to be spread over its processes. */
  share?: { service: SharingService; queues: string[] }
  /** A gateway's ears. */
  listen?: { instance: string; listener: Listener }
}

/**
 * Connects a process to the broker, over one connection to publish and one to consume: a broker that is out of memory
 * stops reading from publishers, and consuming must go on.
 * Resolves when both are set up; rejects if the broker cannot be reached within a minute for each, and at once if it
 * lacks what it must have or refuses the user.
 * Disposing finishes the batches in hand (6 s at most), then closes.
 */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const log = options.log.child({ module: 'bus' })
  const publisher = createPublisher({ userId: userOf(options.url), log, drop: (why) => publishing.drop(why) })
  const { publish } = publisher
  const consumers: Consumer[] = (options.consume ?? []).map((what) => createConsumer(what, { publish, log }))
  const shared = consumers.filter(({ queue }) => options.share?.queues.includes(queue))
  const sharing = options.share && sharePartitions(options.share.service, shared, log)
  const listening = options.listen && createListening(options.listen.instance, options.listen.listener, log)
  let consumingUp = false

  const common = { url: options.url, log, firstMs: FIRST_MS }
  const publishing = keepConnected({
    ...common,
    name: `${options.name} publishes`,
    setUp: async (connection) => {
      await checkTopology(connection, options.use)
      await publisher.setUp(connection)
    },
    onDown: publisher.onDown,
  })
  let consuming: KeptConnection | undefined
  const close = async () => {
    sharing?.stop()
    await Promise.all(consumers.map((consumer) => consumer.stop(DRAIN_MS)))
    await consuming?.close()
    await publishing.close()
    publisher.close()
  }
  try {
    // What a batch causes must have a way out before the first batch comes in.
    await publishing.ready
    consuming = keepConnected({
      ...common,
      name: `${options.name} consumes`,
      setUp: async (connection: ChannelModel) => {
        for (const consumer of consumers) await consumer.attach(connection)
        await sharing?.attach(connection)
        await listening?.attach(connection)
        consumingUp = true
      },
      onDown: () => {
        consumingUp = false
        for (const consumer of consumers) consumer.detach()
        sharing?.detach()
        listening?.detach()
      },
    })
    await consuming.ready
  } catch (error) {
    await close()
    throw error
  }
  return {
    publish,
    state() {
      const state = consumingUp ? publisher.state() : 'down'
      return state === 'up' && consumers.some((consumer) => consumer.shutOut()) ? 'degraded' : state
    },
    [Symbol.asyncDispose]: close,
  }
}
