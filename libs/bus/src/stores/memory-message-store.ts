import {
  type Claim,
  fitting,
  HOUR_MS,
  type MessageStore,
  type NewMessage,
  type Of,
  type StoredMessage,
  storeFull,
} from './message-store.ts'

export interface MemoryMessageStore extends MessageStore {
  size(): { count: number; bytes: number }
}

interface Entry {
  message: NewMessage
  position: number
  claims: number
  bytes: number
}

/**
 * Messages in this process alone, bounded: what it holds is lost with the process, so its answers say
 * `durable: false`.
 * @param messages, bytes at most this many; at the bound `add` is refused (`store-full`), nothing is dropped
 */
export function memoryMessageStore({
  messages: most = 10_000,
  bytes: mostBytes = 16 * 1024 * 1024,
  expireMs = 24 * HOUR_MS,
}: {
  messages?: number
  bytes?: number
  expireMs?: number
} = {}): MemoryMessageStore {
  // In order of storing.
  const entries = new Map<string, Entry>()
  const leases = new Map<number, { owner: string; until: number }>()
  let position = 0
  let bytes = 0

  const matches =
    ({ partition, source }: Of) =>
    ({ message: { options } }: Entry) =>
      (partition === undefined || options.partition === partition) &&
      (source === undefined || options.source === source)
  const stored = ({ message, position, claims }: Entry): StoredMessage => ({
    ...message,
    position,
    claims,
    expired: Date.now() - message.timestamp >= expireMs,
  })
  const page = (found: Entry[]) => found.slice(0, fitting(found.map((entry) => entry.bytes)))

  return {
    size: () => ({ count: entries.size, bytes }),
    async add(message) {
      if (entries.has(message.messageId)) return { added: false, durable: false }
      const size = Buffer.byteLength(message.content)
      if (entries.size >= most) throw storeFull(`${most} messages in memory`)
      if (bytes + size > mostBytes) throw storeFull(`${mostBytes} bytes in memory`)
      bytes += size
      entries.set(message.messageId, { message, position: ++position, claims: 0, bytes: size })
      return { added: true, durable: false }
    },
    async list({ after = 0, limit }) {
      const found = [...entries.values()].filter((entry) => entry.position > after)
      const shown = page(found.slice(0, limit))
      const last = shown.at(-1)
      return { messages: shown.map(stored), next: last && shown.length < found.length ? last.position : null }
    },
    async claim({ owner, leaseMs, limit, ...of }: Claim) {
      const now = Date.now()
      const free = ({ message: { options } }: Entry) => {
        const lease = leases.get(options.partition)
        return !lease || lease.until <= now || lease.owner === owner
      }
      const claimed = page([...entries.values()].filter(matches(of)).filter(free).slice(0, limit))
      const found = claimed.map(stored)
      for (const entry of claimed) {
        entry.claims++
        leases.set(entry.message.options.partition, { owner, until: now + leaseMs })
      }
      return found
    },
    async release(owner, partition) {
      for (const [of, lease] of leases) {
        if (lease.owner === owner && (partition === undefined || of === partition)) leases.delete(of)
      }
    },
    async remove(messageId) {
      const entry = entries.get(messageId)
      if (entry) bytes -= entry.bytes
      return entries.delete(messageId)
    },
    async held(of = {}) {
      const found = [...entries.values()].filter(matches(of))
      return {
        count: found.length,
        bytes: found.reduce((sum, entry) => sum + entry.bytes, 0),
        oldest: found.length === 0 ? null : Math.min(...found.map(({ message }) => message.timestamp)),
      }
    },
  }
}
