import type { Outgoing } from '@parvis/contracts/outgoing'
import { partitionOf } from '@parvis/contracts/partition'
import type { MessageType } from '@parvis/contracts/topology'
import { TransientError } from '../errors.ts'

/** Where a message goes, and whose it is. */
interface MessageOptions {
  exchange: string
  type: MessageType
  mandatory: boolean
  /** The lane whose order it belongs to. */
  partition: number
  /** The publisher that kept it: a name that is new for each process. */
  source: string
  headers?: Record<string, unknown>
}

/** A message that the broker has not taken yet. */
export interface NewMessage {
  messageId: string
  routingKey: string
  /** The body, JSON text. */
  content: string
  options: MessageOptions
  /** When it was first tried, in milliseconds since 1970: it expires by this. */
  timestamp: number
}

export interface StoredMessage extends NewMessage {
  /** Its place in the order of storing: the cursor of `list`. */
  position: number
  /** How often it was claimed before. */
  claims: number
  /** Older than the store's limit: to be parked with the reason, not published. The store itself deletes nothing. */
  expired: boolean
}

export interface Claim {
  /** Who wants them. The same owner may claim again: that renews the lease. */
  owner: string
  /** For how long nobody else gets anything of these partitions. */
  leaseMs: number
  /** At most this many messages, and 1 MiB of bodies (at least one). */
  limit: number
  partition?: number
  /** Only what this publisher stored. */
  source?: string
}

export interface Of {
  partition?: number
  source?: string
}

export interface Held {
  count: number
  bytes: number
  /** The `timestamp` of the oldest, null when there is none. */
  oldest: number | null
}

/**
 * Keeps what a publisher could not hand to the broker, in order, until somebody republishes it. Every method rejects
 * with a TransientError while the store cannot be reached.
 */
export interface MessageStore {
  /**
   * Keeps a message; one with a known `messageId` is there already and stays as it is.
   * `durable`: it survives this process. Rejects with a TransientError of code `store-full` at the bound.
   */
  add(message: NewMessage): Promise<{ added: boolean; durable: boolean }>
  /** A page in the order of storing; `next` is the cursor of the following page, null at the end. */
  list(page: { after?: number; limit: number }): Promise<{ messages: StoredMessage[]; next: number | null }>
  /**
   * The oldest first, of partitions that nobody else has claimed. The claim is on the whole partition: two publishers
   * that shared one could send the second message before the first.
   */
  claim(claim: Claim): Promise<StoredMessage[]>
  /** Lets others have what this owner has claimed, before its lease is over. */
  release(owner: string, partition?: number): Promise<void>
  /** Forgets a message that the broker has; false when it is not there. */
  remove(messageId: string): Promise<boolean>
  held(of?: Of): Promise<Held>
}

/** Bodies in one answer; a single one may be larger. */
const PAGE_BYTES = 1024 * 1024
export const HOUR_MS = 3_600_000

export function storeFull(what: string): TransientError {
  return new TransientError('store-full', `the message store is full: ${what}`)
}

/** How many from the front fit into one answer: at least one, then as many as 1 MiB holds. */
export function fitting(sizes: readonly number[]): number {
  let bytes = 0
  const over = sizes.findIndex((size, index) => {
    bytes += size
    return index > 0 && bytes > PAGE_BYTES
  })
  return over === -1 ? sizes.length : over
}

/** A message that could not be published, as a store keeps it. @param channel the channel whose order it belongs to */
export function toStore(message: Outgoing, { source, channel }: { source: string; channel: string }): NewMessage {
  const { messageId, routingKey, exchange, type, mandatory, content } = message
  return {
    messageId,
    routingKey,
    content: typeof content === 'string' ? content : Buffer.from(content).toString('utf8'),
    options: { exchange, type, mandatory, partition: partitionOf(channel), source },
    timestamp: Date.now(),
  }
}
