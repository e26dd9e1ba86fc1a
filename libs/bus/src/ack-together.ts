import type { Channel, ConsumeMessage } from 'amqplib'

/**
 * How long the broker may wait to hear that a message is done. An ack is a write to the log of a quorum queue like any
 * other, and costs as much as the message did: at 100 posts a second, five in one take a fifth off the broker's work.
 */
const LATER_MS = 50

/**
 * Tells the broker of what is done, several messages by one ack. Who dies before that gets, or leaves to the next
 * consumer, at most these messages again; whoever consumes knows repeats anyway.
 * @param most messages that may wait for their ack: well below the prefetch, or the broker would run dry
 */
export function ackTogether(channel: Pick<Channel, 'ack'>, most: number) {
  let last: ConsumeMessage | undefined
  let waiting = 0
  let timer: NodeJS.Timeout | undefined

  function forget(): void {
    clearTimeout(timer)
    timer = undefined
    last = undefined
    waiting = 0
  }

  function now(): void {
    const upTo = last
    forget()
    try {
      if (upTo) channel.ack(upTo, true)
    } catch {
      // The channel is closing: the broker hands these out again.
    }
  }

  return {
    /** All up to this message is done; `count` messages since the last call. */
    done(message: ConsumeMessage, count: number): void {
      last = message
      waiting += count
      if (waiting >= most) now()
      else timer ??= setTimeout(now, LATER_MS)
    },
    /** Tells at once, before the channel is closed on purpose. */
    now,
    /** The channel is gone, and with it the claim on these messages. */
    forget,
  }
}
