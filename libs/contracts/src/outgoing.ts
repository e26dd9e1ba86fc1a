import type { MessageType } from './topology.ts'

/** A message that is ready for the broker. Whoever made it decided where it goes; the bus only carries it. */
export interface Outgoing {
  type: MessageType
  messageId: string
  exchange: string
  routingKey: string
  /** The broker must say so when no queue takes it. Commands and the steps of a post's journey are mandatory. */
  mandatory: boolean
  /** The broker drops it when no consumer has taken it by then, in ms; its queue's own limit counts where it is shorter. */
  expiresMs?: number
  /** JSON text. */
  content: string | Uint8Array
}

/** The fields that every message's body begins with. */
export interface Head<T extends MessageType> {
  type: T
  version: 1
  messageId: string
  timestamp: number
}

/** The head of a new message. */
export function head<T extends MessageType>(type: T): Head<T> {
  return { type, version: 1, messageId: crypto.randomUUID(), timestamp: Date.now() }
}
