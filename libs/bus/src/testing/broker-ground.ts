import type { Outgoing } from '@parvis/contracts/outgoing'
import { manage } from '@parvis/stack/manage'
import { freshGround } from '@parvis/testing/fresh-ground'
import { type Channel, type ChannelModel, type ConfirmChannel, connect, type GetMessage } from 'amqplib'
import { type Logger, pino } from 'pino'
import { type Bus, type BusOptions, connectBus } from '../connect-bus.ts'
import type { Consumption } from '../consume.ts'
import { declareTopology } from '../declare-topology.ts'

/** A virtual host of a test's own on the real broker, with Parvis' topology, and the test's own hand on it. */
export async function brokerGround() {
  const ground = await freshGround()
  const { url } = ground.servers.rabbitmq
  const vhost = new URL(url).pathname.slice(1)
  await declareTopology(url)
  const connection = await connect(url)
  const hand: ConfirmChannel = await connection.createConfirmChannel()
  // The call that failed says so itself.
  hand.on('error', () => {})
  const api = (method: string, path: string, body?: object) =>
    manage(ground.servers.rabbitmq.management, method, path, body)
  return {
    url,
    vhost,
    hand,
    api,
    bus: (options: Partial<BusOptions> = {}): Promise<Bus> =>
      connectBus({ url, name: 'test', log: recordedLog().log, ...options }),
    /** A quorum queue beside the topology. */
    async queue(name: string, args: Record<string, unknown> = {}): Promise<string> {
      await hand.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum', ...args } })
      return name
    },
    /** Puts messages into a queue, in order; resolves when it holds them. */
    async fill(queue: string, contents: readonly string[]): Promise<void> {
      for (const content of contents) hand.sendToQueue(queue, Buffer.from(content), { persistent: true })
      await hand.waitForConfirms()
    },
    /** Takes everything that waits in a queue (not of a lane: there the broker refuses single gets). */
    async drainQueue(queue: string): Promise<GetMessage[]> {
      const taken: GetMessage[] = []
      for (;;) {
        const message = await hand.get(queue, { noAck: true })
        if (!message) return taken
        taken.push(message)
      }
    },
    async waiting(queue: string): Promise<number> {
      return (await hand.checkQueue(queue)).messageCount
    },
    async [Symbol.asyncDispose]() {
      await connection.close()
      await ground[Symbol.asyncDispose]()
    },
  }
}

export type BrokerGround = Awaited<ReturnType<typeof brokerGround>>

/** A real logger whose lines a test can read. */
export function recordedLog(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  return { log, lines }
}

/** Consumes messages whose whole body is one item. */
export function consumption(queue: string, rest: Partial<Consumption<string>> = {}): Consumption<string> {
  return {
    queue,
    type: 'post.created',
    unpack: ({ content }) => [{ item: content.toString() }],
    handle: async () => [],
    repack: (item) => item,
    ...rest,
  }
}

/** A message straight to a queue. */
export function messageTo(queue: string, content = 'content', rest: Partial<Outgoing> = {}): Outgoing {
  return {
    type: 'post.created',
    messageId: crypto.randomUUID(),
    exchange: '',
    routingKey: queue,
    mandatory: true,
    content,
    ...rest,
  }
}

export function range(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index))
}

/** The channels that are opened on a connection from now on, for a test to break one: the broker then closes it alone. */
export function channelsOf(connection: ChannelModel): Channel[] {
  const opened: Channel[] = []
  const create = connection.createChannel.bind(connection)
  connection.createChannel = async (options) => {
    const channel = await create(options)
    opened.push(channel)
    return channel
  }
  return opened
}

/** Acks what was never delivered: the broker closes the channel with 406. */
export function breakChannel(channel: Channel): void {
  channel.ack({ fields: { deliveryTag: 1_000_000 } } as GetMessage)
}
