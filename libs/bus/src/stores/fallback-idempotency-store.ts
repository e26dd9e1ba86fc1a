import type { Logger } from 'pino'
import { explain, isTransient } from '../errors.ts'
import type { IdempotencyStore } from './idempotency-store.ts'

export interface FallbackIdempotencyStore extends IdempotencyStore {
  /** `degraded` while the external store is out of reach: marks then hold in this process alone. */
  state(): 'up' | 'degraded'
}

/**
 * The external marks, and this process's own while they are out of reach: two processes may then do the same work, so
 * it is for work that bears it. A claim won in memory is completed there; when the external store is back its mark is
 * looked up in memory first.
 */
export function fallbackIdempotencyStore(options: {
  external: IdempotencyStore
  memory: IdempotencyStore
  log: Logger
}): FallbackIdempotencyStore {
  const { external, memory, log } = options
  let away = false

  async function ask<R>(run: () => Promise<R>, otherwise: () => Promise<R>): Promise<R> {
    try {
      const answer = await run()
      if (away) log.info('idempotency store reached again')
      away = false
      return answer
    } catch (error) {
      if (!isTransient(error)) throw error
      if (!away) log.error({ reason: explain(error) }, 'idempotency store out of reach, marks are kept in memory')
      away = true
      return otherwise()
    }
  }

  return {
    async claim(messageId, leaseMs, token = crypto.randomUUID()) {
      const mark = await memory.get(messageId)
      if (mark) return memory.claim(messageId, leaseMs, token)
      return ask(
        () => external.claim(messageId, leaseMs, token),
        () => memory.claim(messageId, leaseMs, token),
      )
    },
    async complete(messageId, token, result) {
      if (await memory.complete(messageId, token, result)) return true
      return external.complete(messageId, token, result)
    },
    async get(messageId) {
      const mark = await memory.get(messageId)
      if (mark) return mark
      return ask(
        () => external.get(messageId),
        async () => undefined,
      )
    },
    async forget(messageId) {
      const inside = await memory.forget(messageId)
      return (await external.forget(messageId)) || inside
    },
    state: () => (away ? 'degraded' : 'up'),
  }
}
