import type { Outgoing } from '@parvis/contracts/outgoing'
import type { MessageType } from '@parvis/contracts/topology'
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib'
import type { Logger } from 'pino'
import { ackTogether } from './ack-together.ts'
import { explain, TransientError } from './errors.ts'
import { AbandonedError, stackOf } from './handle-batch.ts'
import { handleDeliveries } from './handle-deliveries.ts'
import type { Publish } from './publisher.ts'
import { takeBatch } from './take-batch.ts'
import { backOffMs, pause, within } from './wait.ts'

/** A message as it came: its bytes, and the user that the broker saw publishing it, if the publisher said one. */
export interface Delivery {
  content: Buffer
  userId: string | undefined
  /** How often it was delivered before. */
  count: number
}

/**
 * What a message holds: items to handle, and parts that cannot be understood and are parked with the reason; `tell` says so
 * to those who may ask for it.
 */
export type Unpacked<T> = { item: T } | { fault: string; content: Outgoing['content']; tell?: readonly Outgoing[] }

export interface Consumption<T> {
  queue: string
  type: MessageType
  /** Reads a message. What it throws is the reason for which the whole message is parked. */
  unpack: (delivery: Delivery) => Unpacked<T>[]
  /** A function of a batch, in order, that returns the messages which it causes. It never acks or publishes itself. */
  handle: (items: readonly T[]) => Promise<Outgoing[]>
  /** The body under which one item alone is parked. */
  repack: (item: T) => Outgoing['content']
  /** Unacked messages that the broker hands out ahead, where they are not to wait in this process: 1,000 when absent. */
  ahead?: number
  /** Further messages when an item was parked, for those who wait for it. */
  onParked?: (item: T, reason: string) => Outgoing[]
}

/** Unacked messages that the broker hands out ahead: two full batches of single posts are 1,000 messages. */
const PREFETCH = 1_000
/**
 * What may be handed out ahead in bytes, which the broker does not count: four lanes come to 256 MiB. A consumer that
 * gets more gives it back and takes an eighth as many from then on: 125 messages of the 512 KiB that services make.
 */
const AHEAD_BYTES = 64 * 1024 * 1024
const LESS = 8
/** What a batch in hand may take to finish when a partition is given up. */
const GIVE_UP_MS = 30_000

export interface Consumer {
  queue: string
  /** Whether this process got deliveries since it subscribed: of a queue with a single active consumer, it is the one. */
  holds(): boolean
  /** The broker does not let it subscribe: the queue is not there, say. It tries again and again. */
  shutOut(): boolean
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
  let link: Link | undefined
  let subscription: Subscription | undefined
  let stopped = false
  const most = what.ahead ?? PREFETCH
  let ahead = most
  let shutOut = false
  const ended = new AbortController()

  interface Link {
    connection: ChannelModel
    /** A try that fails closes its channel, which calls for another try: one at a time, or they would multiply. */
    subscribing: boolean
  }

  interface Subscription {
    channel: Channel
    acks: ReturnType<typeof ackTogether>
    buffer: ConsumeMessage[]
    bufferBytes: number
    working: Promise<void> | undefined
    leaving: boolean
    received: boolean
    lost: AbortController
  }

  async function subscribe(on: Link): Promise<void> {
    const channel = await on.connection.createChannel()
    if (stopped || link !== on || subscription) return closeQuietly(channel)
    const mine: Subscription = {
      channel,
      acks: ackTogether(channel, Math.max(1, Math.floor(ahead / 4))),
      buffer: [],
      bufferBytes: 0,
      working: undefined,
      leaving: false,
      received: false,
      lost: new AbortController(),
    }
    mine.lost.signal.addEventListener('abort', mine.acks.forget)
    channel.on('error', (error) => log.warn({ reason: error.message }, 'channel failed'))
    channel.on('handler-error', (error) => log.error({ reason: explain(error) }, 'a listener threw'))
    channel.on('close', () => {
      mine.lost.abort()
      if (subscription === mine) subscription = undefined
      if (!mine.leaving) void subscribeAgain(on)
    })
    subscription = mine
    await channel.prefetch(ahead)
    await channel.consume(queue, (message) => {
      // null: the broker cancelled us (the queue was deleted, or a time-out of 4.3). What we have is no longer ours, and
      // a batch in hand is left; we begin anew on a new channel.
      if (message === null) {
        mine.lost.abort()
        void closeQuietly(channel)
      } else if (!mine.leaving) {
        mine.received = true
        mine.buffer.push(message)
        mine.bufferBytes += message.content.length
        mine.working ??= work(mine).finally(() => {
          mine.working = undefined
        })
        if (mine.bufferBytes > AHEAD_BYTES && ahead > 1) void takeLess(mine)
      }
    })
    // Here, since the broker may answer after nobody waits for it any more.
    shutOut = false
  }

  /** Drops what was handed out too much: closing the channel gives it back, in order. */
  async function takeLess(mine: Subscription): Promise<void> {
    ahead = Math.max(1, Math.floor(ahead / LESS))
    log.warn({ bytes: mine.bufferBytes, messages: mine.buffer.length, ahead }, 'messages are large: taking fewer ahead')
    mine.buffer.length = 0
    await leave(mine, GIVE_UP_MS)
    if (link) await subscribeAgain(link)
  }

  async function subscribeAgain(on: Link): Promise<void> {
    const wanted = () => link === on && !stopped && !subscription
    if (on.subscribing) return
    on.subscribing = true
    for (let attempt = 0; wanted(); attempt++) {
      await pause(backOffMs(attempt), ended.signal)
      if (!wanted()) break
      try {
        await within(10_000, 'subscribe', subscribe(on))
      } catch (error) {
        shutOut = true
        log.warn({ attempt, reason: explain(error) }, 'not subscribed')
      }
    }
    on.subscribing = false
  }

  async function work(mine: Subscription): Promise<void> {
    while (mine.buffer.length > 0 && !mine.leaving && !mine.lost.signal.aborted) {
      const batch = takeBatch(mine.buffer)
      for (const { content } of batch) mine.bufferBytes -= content.length
      try {
        await handleDeliveries(what, batch, { publish, log, signal: mine.lost.signal })
        const last = batch.at(-1)
        if (last && !mine.lost.signal.aborted) mine.acks.done(last, batch.length)
      } catch (error) {
        if (!(error instanceof AbandonedError)) {
          log.error({ reason: explain(error), stack: stackOf(error) }, 'consuming failed')
        }
        // The channel goes, and with it the claim on these deliveries; the broker hands them out again, in order.
        mine.acks.now()
        await closeQuietly(mine.channel)
        return
      }
    }
  }

  async function leave(mine: Subscription, drainMs: number): Promise<void> {
    mine.leaving = true
    // The consumer is not cancelled first: a standby would get what follows while this batch is still in work.
    await within(drainMs, 'drain', mine.working ?? Promise.resolve()).catch(() => log.warn('batch left unfinished'))
    mine.acks.now()
    mine.lost.abort()
    if (subscription === mine) subscription = undefined
    await closeQuietly(mine.channel)
  }

  return {
    queue,
    holds: () => subscription?.received ?? false,
    shutOut: () => shutOut,
    async attach(connection) {
      const on = { connection, subscribing: true }
      link = on
      ahead = most
      await subscribe(on)
      on.subscribing = false
      if (!subscription && !stopped) throw new TransientError('not-subscribed', `${queue}: lost while subscribing`)
    },
    detach() {
      link = undefined
      subscription?.lost.abort()
      subscription = undefined
    },
    async giveUp() {
      const mine = subscription
      if (!mine || !link) return
      await leave(mine, GIVE_UP_MS)
      if (link) await subscribeAgain(link)
    },
    async stop(drainMs) {
      stopped = true
      ended.abort()
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
