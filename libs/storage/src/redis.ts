import { explain } from '@parvis/bus/errors'
import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel'
import { Redis } from 'ioredis'
import type { Logger } from 'pino'

/** Redis is only speed: an answer later than this is no gain over MySQL. */
const COMMAND_MS = 100
/** A connection on which nothing has come for so long after a command is dead without having said so: begin anew. */
const SILENT_MS = 2_000
const FAILURES_TO_OPEN = 5
const OPEN_MS = 1_000

export interface Cache {
  redis: Redis
  /** Runs commands; undefined when Redis is away or slow, without waiting for it once that is known. */
  attempt<R>(run: (redis: Redis) => Promise<R>): Promise<R | undefined>
  up(): boolean
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Connects to Redis, in the background: a process starts and works without it.
 * @param commandMs how long a command may take; more than the default only where Redis is not just speed
 */
export function openRedis(options: { url: string; log: Logger; commandMs?: number }): Cache {
  const { log } = options
  const redis = new Redis(options.url, {
    commandTimeout: options.commandMs ?? COMMAND_MS,
    connectTimeout: 2_000,
    socketTimeout: SILENT_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // It has become a replica: its name may lead to another one by now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    retryStrategy: (attempt) => Math.min(1_000, 50 * 2 ** Math.min(attempt, 5)),
  })
  let last = ''
  redis.on('error', (error) => {
    // It repeats with each try to connect; once is enough.
    if (explain(error) !== last) log.warn({ reason: explain(error) }, 'Redis failed')
    last = explain(error)
  })
  redis.on('ready', () => {
    last = ''
    log.info('Redis connected')
  })
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: OPEN_MS,
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  })
  return {
    redis,
    async attempt(run) {
      if (redis.status !== 'ready') return undefined
      try {
        return await breaker.execute(() => run(redis))
      } catch (error) {
        if (!(error instanceof BrokenCircuitError)) log.warn({ reason: explain(error) }, 'Redis did not answer')
        return undefined
      }
    },
    up: () => redis.status === 'ready',
    async [Symbol.asyncDispose]() {
      redis.disconnect()
    },
  }
}
