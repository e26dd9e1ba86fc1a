import type { Logger } from 'pino'
import type { StoreAddress } from './call-store.ts'
import { fallbackIdempotencyStore } from './fallback-idempotency-store.ts'
import { fallbackMessageStore } from './fallback-message-store.ts'
import { httpIdempotencyStore } from './http-idempotency-store.ts'
import { httpMessageStore } from './http-message-store.ts'
import type { IdempotencyStore } from './idempotency-store.ts'
import { memoryIdempotencyStore } from './memory-idempotency-store.ts'
import { memoryMessageStore } from './memory-message-store.ts'
import { HOUR_MS, type MessageStore } from './message-store.ts'
import { mysqlMessageStore, type Sql } from './mysql-message-store.ts'
import { type RedisScripts, redisIdempotencyStore } from './redis-idempotency-store.ts'
import type { StoresConfig } from './stores-config.ts'

export interface Stores extends AsyncDisposable {
  messages: MessageStore
  idempotency: IdempotencyStore
  /** For /health/ready: `degraded` while something is kept in this process alone. */
  state(): 'up' | 'degraded'
  /** Messages that would be lost with this process. */
  inMemory(): { count: number; bytes: number }
}

export interface StoresNeeds {
  /** Under which name this process stores: new for each process. */
  source: string
  log: Logger
  /** For `http`. */
  serviceToken?: string | undefined
  /** For `mysql` and `redis`. */
  sql?: Sql
  redis?: { scripts: RedisScripts; prefix: string }
}

/**
 * The stores that the configuration chooses; an external one falls back to bounded memory while it is out of reach.
 * Throws an Error that names the setting which is missing.
 */
export function createStores(config: StoresConfig, needs: StoresNeeds): Stores {
  const { source } = needs
  const log = needs.log.child({ module: 'stores' })
  const expireMs = config.MESSAGE_EXPIRE_HOURS * HOUR_MS
  const keepMs = config.IDEMPOTENCY_KEEP_HOURS * HOUR_MS

  const address = (setting: string): StoreAddress => ({
    urls: wanted(config.MESSAGE_STORE_URL, `MESSAGE_STORE_URL (for ${setting}=http)`),
    token: wanted(needs.serviceToken, `SERVICE_TOKEN (for ${setting}=http)`),
  })
  const externalMessages = {
    memory: () => undefined,
    mysql: () => mysqlMessageStore(wanted(needs.sql, 'MYSQL_URL (for MESSAGE_STORE=mysql)'), { expireMs }),
    http: () => httpMessageStore(address('MESSAGE_STORE')),
  }[config.MESSAGE_STORE]()
  const externalMarks = {
    memory: () => undefined,
    redis: () => {
      const { scripts, prefix } = wanted(needs.redis, 'REDIS_URL (for IDEMPOTENCY_STORE=redis)')
      return redisIdempotencyStore(scripts, { prefix, keepMs })
    },
    http: () => httpIdempotencyStore(address('IDEMPOTENCY_STORE')),
  }[config.IDEMPOTENCY_STORE]()

  // Memory alone is the same with nothing behind it: each answer says that it is not durable.
  const memory = memoryMessageStore({ messages: config.MEMORY_MESSAGES, bytes: config.MEMORY_BYTES, expireMs })
  const marks = memoryIdempotencyStore({ keepMs })
  const messages = externalMessages && fallbackMessageStore({ external: externalMessages, memory, source, log })
  const idempotency = externalMarks && fallbackIdempotencyStore({ external: externalMarks, memory: marks, log })
  return {
    messages: messages ?? memory,
    idempotency: idempotency ?? marks,
    state() {
      const away = messages?.state() === 'degraded' || idempotency?.state() === 'degraded'
      return away || memory.size().count > 0 ? 'degraded' : 'up'
    },
    inMemory: memory.size,
    async [Symbol.asyncDispose]() {
      await messages?.[Symbol.asyncDispose]()
    },
  }
}

function wanted<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is missing`)
  return value
}
