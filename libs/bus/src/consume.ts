import type { Outgoing } from '@parvis/contracts/outgoing'
import type { MessageType } from '@parvis/contracts/topology'
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib'
import type { Logger } from 'pino'
import { explain } from './errors.ts'
import { AbandonedError, type BatchWork, handleBatch, untilSettled } from './handle-batch.ts'
import { parker } from './park.ts'
import { publishAll } from './publish-all.ts'
import type { Publish } from './publisher.ts'
import { deliveryCount, isSuspect, takeBatch } from './take-batch.ts'
import { backOffMs, pause, within } from './wait.ts'

/** A message as it came: its bytes, and the user that the broker saw publishing it, if the publisher said one. */
export interface Delivery {
  content: Buffer
  userId: string | undefined
  /** How often it was delivered before. */
  count: number
}

/** What a message holds: items to handle, and parts that cannot be understood and are parked with the reason. */
export type Unpacked<T> = { item: T } | { fault: string; content: Outgoing['content'] }

export interface Consumption<T> {
  queue: string
  type: MessageType
  /** Reads a message. What it throws is the reason for which the whole message is parked. */
  unpack: (delivery: Delivery) => Unpacked<T>[]
  /** A function of a batch, in order, that returns the messages which it causes. It never acks or publishes itself. */
  handle: (items: readonly T[]) => Promise<Outgoing[]>
  /** The body under which one item alone is parked. */
  repack: (item: T) => Outgoing['content']
  /** Further messages when an item was parked, for those who wait for it. */
  onParked?: (item: T, reason: string) => Outgoing[]
}

/** Unacked messages that the broker hands out ahead: two full batches of single posts are 1,000 messages. */
const PREFETCH = 1_000

export interface Consumer {
  queue: string
  /** Whether this process got deliveries since it subscribed: of a queue with a single active consumer, it is the one. */
  holds(): boolean
  attach(connection: ChannelModel): Promise<void>
  detach(): void
  /** Finishes the batch in hand and lets the others have the queue; this process then stands by. */
  giveUp(): Promise<void>
  /** Finishes the batch in hand and leaves. A batch that cannot be finished by then is left to the next consumer. */
  stop(drainMs: number): Promise<void>
}

/**
 * Consumes one queue on a channel of its own (an ack of many covers the whole channel), a batch at a time: one post at
 * once when idle, what has piled up when busy. The incoming queue is the outbox: publish, await the confirms, then ack.
 * Nothing is ever requeued, which would put it behind its successors.
 */
export function createConsumer<T>(
  what: Consumption<T>,
  { publish, log: parentLog }: { publish: Publish; log: Logger },
): Consumer {
  const { queue } = what
  const log = parentLog.child({ queue })
  const park = parker(publish, what.type, queue)
  let connection: ChannelModel | undefined
  let subscription: Subscription | undefined
  let stopped = false

  interface Subscription {
    channel: Channel
    buffer: ConsumeMessage[]
    working: Promise<void> | undefined
    leaving: boolean
    received: boolean
    lost: AbortController
  }

  async function subscribe(on: ChannelModel): Promise<void> {
    const channel = await on.createChannel()
    const mine: Subscription = {
      channel,
      buffer: [],
      working: undefined,
      leaving: false,
      received: false,
      lost: new AbortController(),
    }
    channel.on('error', (error) => log.warn({ reason: error.message }, 'channel failed'))
    channel.on('handler-error', (error) => log.error({ err: error }, 'a listener threw'))
    channel.on('close', () => {
      mine.lost.abort()
      if (subscription === mine) subscription = undefined
      if (!mine.leaving) void subscribeAgain(on)
    })
    subscription = mine
    await channel.prefetch(PREFETCH)
    await channel.consume(queue, (message) => {
      // null: the broker cancelled us (the queue was deleted, or a time-out of 4.3). Begin anew on a new channel.
      if (message === null) void closeQuietly(channel)
      else {
        mine.received = true
        mine.buffer.push(message)
        mine.working ??= work(mine).finally(() => {
          mine.working = undefined
        })
      }
    })
  }

  async function subscribeAgain(on: ChannelModel): Promise<void> {
    const ended = new AbortController()
    for (let attempt = 0; connection === on && !stopped && !subscription; attempt++) {
      await pause(backOffMs(attempt), ended.signal)
      if (connection !== on || stopped || subscription) return
      try {
        await within(10_000, 'subscribe', subscribe(on))
      } catch (error) {
        log.warn({ attempt, reason: explain(error) }, 'not subscribed')
      }
    }
  }

  async function work(mine: Subscription): Promise<void> {
    while (mine.buffer.length > 0 && !mine.leaving && !mine.lost.signal.aborted) {
      const batch = takeBatch(mine.buffer)
      try {
        await handleDeliveries(batch, mine.lost.signal)
        const last = batch.at(-1)
        if (last && !mine.lost.signal.aborted) mine.channel.ack(last, true)
      } catch (error) {
        if (!(error instanceof AbandonedError)) log.error({ err: error }, 'consuming failed')
        // The channel goes, and with it the claim on these deliveries; the broker hands them out again, in order.
        await closeQuietly(mine.channel)
        return
      }
    }
  }

  async function handleDeliveries(batch: ConsumeMessage[], signal: AbortSignal): Promise<void> {
    type Counted = { item: T; count: number }
    const items: Counted[] = []
    for (const message of batch) {
      const delivery = deliveryOf(message)
      for (const part of read(what, delivery)) {
        if ('item' in part) items.push({ item: part.item, count: delivery.count })
        else {
          log.warn({ reason: part.fault }, 'parking what cannot be read')
          const failure = await untilSettled({ log, signal }, 'parking', () =>
            park(part.content, part.fault, delivery.count),
          )
          // Not acked, so not lost: the channel is given up, and the broker hands the delivery out again.
          if (failure !== undefined) throw failure
        }
      }
    }
    const work: BatchWork<Counted> = {
      handle: (some) => what.handle(some.map(({ item }) => item)),
      publishAll: (messages) => publishAll(publish, messages),
      park: async ({ item, count }, reason) => {
        await park(what.repack(item), reason, count)
        await publishAll(publish, what.onParked?.(item, reason) ?? [])
      },
      log,
      signal,
    }
    if (isSuspect(batch[0])) for (const one of items) await handleBatch(work, [one])
    else await handleBatch(work, items)
  }

  async function leave(mine: Subscription, drainMs: number): Promise<void> {
    mine.leaving = true
    // The consumer is not cancelled first: a standby would get what follows while this batch is still in work.
    await within(drainMs, 'drain', mine.working ?? Promise.resolve()).catch(() => log.warn('batch left unfinished'))
    mine.lost.abort()
    if (subscription === mine) subscription = undefined
    await closeQuietly(mine.channel)
  }

  return {
    queue,
    holds: () => subscription?.received ?? false,
    async attach(on) {
      connection = on
      await subscribe(on)
    },
    detach() {
      connection = undefined
      subscription?.lost.abort()
      subscription = undefined
    },
    async giveUp() {
      const mine = subscription
      const on = connection
      if (!mine || !on) return
      await leave(mine, 30_000)
      if (connection === on && !stopped) await subscribeAgain(on)
    },
    async stop(drainMs) {
      stopped = true
      if (subscription) await leave(subscription, drainMs)
    },
  }
}

/** It may be closed already, or the broker may not answer: either way the deliveries are no longer ours. */
async function closeQuietly(channel: Channel): Promise<void> {
  try {
    await within(2_000, 'close', channel.close())
  } catch {}
}

function read<T>(what: Consumption<T>, delivery: Delivery): Unpacked<T>[] {
  try {
    return what.unpack(delivery)
  } catch (error) {
    return [{ fault: explain(error), content: delivery.content }]
  }
}

function deliveryOf(message: ConsumeMessage): Delivery {
  return {
    content: message.content,
    userId: message.properties.userId,
    count: deliveryCount(message),
  }
}
