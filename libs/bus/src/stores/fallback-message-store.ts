import type { Logger } from 'pino'
import { explain } from '../errors.ts'
import { pause } from '../wait.ts'
import type { MemoryMessageStore } from './memory-message-store.ts'
import type { MessageStore } from './message-store.ts'

export interface FallbackMessageStore extends MessageStore, AsyncDisposable {
  /** `degraded` while the external store is out of reach, or memory holds what is not there yet. */
  state(): 'up' | 'degraded'
}

/** How often the way back is tried, and for how long a store that failed is not asked by `add`. */
const RETRY_MS = 1_000
const MOVE_LEASE_MS = 30_000
/** What the last try to save what memory holds may take when the process ends. */
const LAST_MOVE_MS = 1_500
const MOVER = 'moves to the external store'

/**
 * The external store, and this process's memory while it is out of reach. Whatever follows a message in memory queues
 * behind it there; when the external store is back, it gets them in order.
 * @param source the name under which this process stores, new for each process: what others stored is not its memory's
 */
export function fallbackMessageStore(options: {
  external: MessageStore
  memory: MemoryMessageStore
  source: string
  log: Logger
}): FallbackMessageStore {
  const { external, memory, source, log } = options
  /** Partitions of which the external store may hold something of ours, as far as we know. */
  const outside = new Set<number>()
  let failedAt = Number.NEGATIVE_INFINITY
  let away = false
  let moving: Promise<void> | undefined

  async function ask<R>(run: () => Promise<R>): Promise<R> {
    try {
      const answer = await run()
      if (away) log.info('message store reached again')
      away = false
      failedAt = Number.NEGATIVE_INFINITY
      return answer
    } catch (error) {
      failedAt = performance.now()
      if (!away) log.error({ reason: explain(error) }, 'message store out of reach, falling back to memory')
      away = true
      throw error
    }
  }
  async function moveOne(partition: number): Promise<void> {
    const messages = await memory.claim({ owner: MOVER, leaseMs: MOVE_LEASE_MS, limit: 100, partition })
    try {
      for (const { position: _, claims: __, expired: ___, ...message } of messages) {
        await ask(() => external.add(message))
        outside.add(partition)
        await memory.remove(message.messageId)
      }
      if (messages.length > 0) log.info({ partition, moved: messages.length }, 'moved from memory to the message store')
    } finally {
      await memory.release(MOVER, partition)
    }
  }

  /** Brings what memory holds to the external store, in order; stops at the first that it does not take. */
  async function move(): Promise<void> {
    const { messages } = await memory.list({ limit: 100 })
    for (const partition of new Set(messages.map(({ options }) => options.partition))) await moveOne(partition)
  }
  const timer = setInterval(() => {
    if (memory.size().count === 0) return
    moving ??= move()
      // Said by `ask`; the next try is a second away.
      .catch(() => {})
      .finally(() => {
        moving = undefined
      })
  }, RETRY_MS).unref()

  return {
    async add(message) {
      const { partition } = message.options
      const first = (await memory.held({ partition })).count > 0 || performance.now() - failedAt < RETRY_MS
      if (first) return memory.add(message)
      try {
        const kept = await ask(() => external.add(message))
        outside.add(partition)
        return kept
      } catch {
        return memory.add(message)
      }
    },
    list: (page) => ask(() => external.list(page)),
    async claim(claim) {
      const { partition } = claim
      if (partition === undefined) throw new Error('claim one partition at a time: memory and store share each order')
      const ours = (await memory.held({ partition })).count > 0
      try {
        const messages = await ask(() => external.claim(claim))
        if (messages.length > 0 || !ours) return messages
        // Somebody else may have claimed what is there of ours: memory's come after it.
        if ((await ask(() => external.held({ partition, source }))).count > 0) return []
        outside.delete(partition)
      } catch (error) {
        if (!ours) throw error
        if (outside.has(partition)) return []
      }
      return memory.claim(claim)
    },
    async release(owner, partition) {
      await memory.release(owner, partition)
      await ask(() => external.release(owner, partition))
    },
    async remove(messageId) {
      return (await memory.remove(messageId)) || ask(() => external.remove(messageId))
    },
    async held(of = {}) {
      const inside = await memory.held(of)
      const known = of.source === source && of.partition !== undefined
      // Nothing of ours went there: no need to ask, and no harm if it cannot be asked.
      if (known && !outside.has(of.partition as number)) return inside
      const there = await ask(() => external.held(of))
      if (known && there.count === 0) outside.delete(of.partition as number)
      const oldest = [inside.oldest, there.oldest].filter((at) => at !== null)
      return {
        count: inside.count + there.count,
        bytes: inside.bytes + there.bytes,
        oldest: oldest.length > 0 ? Math.min(...oldest) : null,
      }
    },
    state: () => (away || memory.size().count > 0 ? 'degraded' : 'up'),
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await moving
      const late = AbortSignal.timeout(LAST_MOVE_MS)
      while (memory.size().count > 0 && !late.aborted) {
        await move().catch(() => {})
        if (memory.size().count > 0) await pause(50, late)
      }
      const { count } = memory.size()
      if (count > 0) log.error({ count }, 'messages lost with this process: the message store is out of reach')
    },
  }
}
