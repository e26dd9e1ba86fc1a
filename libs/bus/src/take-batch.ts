import { BATCH_POSTS, FRAME_BYTES } from '@parvis/contracts/limits'
import type { ConsumeMessage } from 'amqplib'

/** A message that was delivered this often may be what kills us: it runs alone from then on. */
const SUSPECT_AFTER = 3

/**
 * Takes the next batch off the front of the buffer: whole messages, at least one, at most 512 KiB and 500 of them (a
 * message with many posts counts by its bytes). A suspect message is a batch of its own.
 */
export function takeBatch(buffer: ConsumeMessage[]): ConsumeMessage[] {
  let bytes = 0
  let taken = 0
  for (const message of buffer) {
    bytes += message.content.length
    const full = taken >= BATCH_POSTS || bytes > FRAME_BYTES || isSuspect(message)
    if (taken > 0 && full) break
    taken++
    if (isSuspect(message)) break
  }
  return buffer.splice(0, taken)
}

/** Delivered so often that its posts are run one by one. */
export function isSuspect(message: ConsumeMessage | undefined): boolean {
  return message !== undefined && deliveryCount(message) >= SUSPECT_AFTER
}

/** How often the broker has delivered a message before. A publisher may have written anything under that name. */
export function deliveryCount({ properties }: ConsumeMessage): number {
  const count: unknown = properties.headers?.['x-delivery-count']
  return Number.isSafeInteger(count) && Number(count) > 0 ? Number(count) : 0
}
