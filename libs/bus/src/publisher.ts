import type { Outgoing } from '@parvis/contracts/outgoing'
import { type ChannelModel, type ConfirmChannel, IllegalOperationError } from 'amqplib'
import type { Logger } from 'pino'
import { explain, TransientError } from './errors.ts'

/**
 * Sends a message and resolves once a queue of the broker holds it; otherwise rejects with a TransientError.
 * Any other error means that the message itself cannot be sent, now or later.
 */
export type Publish = (message: Outgoing, headers?: Record<string, unknown>) => Promise<void>

/** A confirm takes milliseconds, or some seconds behind a full disk. Then the outcome counts as unknown. */
const CONFIRM_MS = 10_000
/** What may wait for its confirm. Beyond it the publisher is refused: it waits, or tells its user. */
const IN_FLIGHT_MESSAGES = 2_000
const IN_FLIGHT_BYTES = 64 * 1024 * 1024

interface InFlight {
  message: Outgoing
  since: number
  bytes: number
  returned: boolean
  settle(error?: Error): void
}

/**
 * Confirmed publishing on one channel.
 * Rejects with code `not-connected`, `blocked` (the broker is out of memory or disk), `too-much-in-flight`, `nacked`,
 * `unroutable`, `unconfirmed` (no answer, or the connection was lost: the broker may hold the message or not).
 */
export function createPublisher({ userId, log, drop }: { userId: string; log: Logger; drop: (why: string) => void }) {
  /** In order of sending. Not by id: the same message may be on its way twice, to two exchanges or by two callers. */
  const inFlight = new Set<InFlight>()
  let channel: ConfirmChannel | undefined
  let blocked = false
  let bytesInFlight = 0

  const publish: Publish = (message, headers) => {
    if (!channel) return refuse('not-connected', 'the broker is not connected')
    if (blocked) return refuse('blocked', 'the broker takes nothing at the moment')
    if (inFlight.size >= IN_FLIGHT_MESSAGES || bytesInFlight >= IN_FLIGHT_BYTES) {
      return refuse('too-much-in-flight', `${inFlight.size} messages wait for the broker's confirm`)
    }
    const content = bytesOf(message.content)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const entry: InFlight = {
      message,
      since: Date.now(),
      bytes: content.length,
      returned: false,
      settle(error) {
        if (!inFlight.delete(entry)) return
        bytesInFlight -= entry.bytes
        if (error) reject(error)
        else resolve()
      },
    }
    inFlight.add(entry)
    bytesInFlight += entry.bytes
    const options = {
      persistent: true,
      mandatory: message.mandatory,
      messageId: message.messageId,
      type: message.type,
      timestamp: Math.floor(entry.since / 1000),
      contentType: 'application/json',
      // The broker checks this name, so a consumer knows a gateway's post from one by hand.
      userId,
      ...(message.expiresMs !== undefined && { expiration: message.expiresMs }),
      ...(headers && { headers }),
    }
    try {
      channel.publish(message.exchange, message.routingKey, content, options, (error) => {
        // A return comes before the confirm of the same message (amqp 0-9-1, basic.return).
        if (entry.returned) entry.settle(new TransientError('unroutable', `no queue takes ${message.routingKey}`))
        else if (error) entry.settle(new TransientError(refusal(error), explain(error)))
        else entry.settle()
      })
    } catch (error) {
      const closed = error instanceof IllegalOperationError
      // Anything else is about the message, say an id of more than 255 bytes: to repeat it would never help.
      entry.settle(closed ? new TransientError('not-connected', 'the channel has just closed') : asError(error))
    }
    return promise
  }

  // What is in flight settles by itself: a channel that ends tells each of its messages so.
  function onDown(): void {
    channel = undefined
    blocked = false
  }

  // One timer for all; the set is in order of sending.
  const watch = setInterval(() => {
    const oldest = inFlight.values().next().value
    if (oldest && Date.now() - oldest.since > CONFIRM_MS && !blocked) drop('no confirm in time')
  }, 1_000).unref()

  return {
    publish,
    /** For /health/ready: `degraded` while the broker takes nothing. */
    state: (): 'up' | 'degraded' | 'down' => (channel ? (blocked ? 'degraded' : 'up') : 'down'),
    async setUp(connection: ChannelModel): Promise<void> {
      connection.on('blocked', (reason) => {
        blocked = true
        log.warn({ reason }, 'broker takes nothing')
        // What is in flight stays unconfirmed until the alarm is over; nobody shall wait that long.
        for (const entry of [...inFlight]) {
          entry.settle(new TransientError('blocked', 'the broker takes nothing at the moment'))
        }
      })
      connection.on('unblocked', () => {
        blocked = false
        log.info('broker takes messages again')
      })
      const opened = await connection.createConfirmChannel()
      opened.on('error', (error) => log.warn({ reason: error.message }, 'publishing channel failed'))
      opened.on('close', () => {
        if (channel !== opened) return
        channel = undefined
        // A connection that ends closes its channels first, and says so just after. A channel that ends alone takes
        // the connection with it: set-up begins anew.
        setImmediate(drop, 'the publishing channel closed')
      })
      opened.on('return', ({ fields, properties }) => {
        for (const entry of inFlight) {
          const { messageId, exchange, routingKey } = entry.message
          const same = properties.messageId === messageId && fields.exchange === exchange
          if (same && fields.routingKey === routingKey && !entry.returned) {
            entry.returned = true
            return
          }
        }
      })
      channel = opened
    },
    onDown,
    close: () => clearInterval(watch),
  }
}

function bytesOf(content: Outgoing['content']): Buffer {
  if (typeof content === 'string') return Buffer.from(content)
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength)
}

/** amqplib tells a nack (the queue is full) from a channel that went away by the message alone. */
function refusal(error: unknown): string {
  return explain(error) === 'message nacked' ? 'nacked' : 'unconfirmed'
}

function asError(thrown: unknown): Error {
  return Error.isError(thrown) ? thrown : new Error(String(thrown))
}

function refuse(code: string, why: string): Promise<never> {
  return Promise.reject(new TransientError(code, why))
}
