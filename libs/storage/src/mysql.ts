import { explain, TransientError } from '@parvis/bus/errors'
import { backOffMs, pause } from '@parvis/bus/wait'
import { createPool, type Pool, type PoolConnection, type RowDataPacket } from 'mysql2/promise'
import type { Logger } from 'pino'

/** A statement that has not answered by then never will: the connection is given up. */
const STATEMENT_MS = 8_000
const PING_MS = 3_000

// MySQL and MariaDB alike. 1062 duplicate key, 1205 lock wait, 1213 deadlock: roll back and repeat from the look-up.
const transientNumbers = new Set([1062, 1205, 1213])

export interface Mysql {
  /** Rows of one statement; values are escaped into it by mysql2. Rejects with a TransientError where repeating helps. */
  query<R>(sql: string, values?: unknown[]): Promise<R[]>
  /** Runs `work` in a transaction on one connection: commits what it resolves, rolls back what it rejects. */
  transaction<R>(work: (query: Mysql['query']) => Promise<R>): Promise<R>
  /** Whether the last ping, 3 s ago at most, was answered. */
  up(): boolean
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * A pool of connections to MySQL or MariaDB, each READ COMMITTED, giving a lock up after 3 s. The server ends a
 * connection that is silent for 10 s, so that a frozen process cannot hold a row lock for hours; a ping every 3 s keeps
 * a living one's.
 * @param connections how many statements or transactions run at a time; more wait for a free one
 * @param waitMs how long to wait for a server that cannot be reached yet; then it rejects and says which server it is
 */
export async function openMysql(options: {
  url: string
  connections: number
  log: Logger
  waitMs?: number
}): Promise<Mysql> {
  const { connections, log, waitMs = 60_000 } = options
  const pool = createPool({
    uri: options.url,
    connectionLimit: connections,
    maxIdle: connections,
    queueLimit: 1_000,
    connectTimeout: 5_000,
    charset: 'utf8mb4',
    supportBigNumbers: true,
    flags: ['-FOUND_ROWS'],
  })
  pool.pool.on('connection', (connection) => {
    // Sent before anything else on this connection; a failure shows in the statement that follows.
    for (const statement of [
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
      "SET SESSION innodb_lock_wait_timeout = 3, wait_timeout = 10, sql_mode = 'STRICT_TRANS_TABLES'",
    ]) {
      connection.query(statement, () => {})
    }
  })
  let up = true

  async function query<R>(on: Pool | PoolConnection, sql: string, values: unknown[] = []): Promise<R[]> {
    try {
      const [rows] = await on.query<RowDataPacket[]>({ sql, values, timeout: STATEMENT_MS })
      return rows as R[]
    } catch (error) {
      throw asTransient(error)
    }
  }

  async function transaction<R>(work: (query: Mysql['query']) => Promise<R>): Promise<R> {
    const connection = await pool.getConnection().catch((error) => Promise.reject(asTransient(error)))
    try {
      await query(connection, 'START TRANSACTION')
      const result = await work((sql, values) => query(connection, sql, values))
      await query(connection, 'COMMIT')
      connection.release()
      return result
    } catch (error) {
      // After a time-out or a lost connection the server rolls back by itself, when it sees the connection end.
      const rolledBack = await query(connection, 'ROLLBACK').then(
        () => true,
        () => false,
      )
      if (rolledBack) connection.release()
      else connection.destroy()
      throw error
    }
  }

  async function ping(): Promise<void> {
    const all = Array.from({ length: connections }, async () => {
      const connection = await pool.getConnection()
      try {
        await connection.query({ sql: 'DO 1', timeout: STATEMENT_MS })
        connection.release()
      } catch (error) {
        connection.destroy()
        throw error
      }
    })
    const outcomes = await Promise.allSettled(all)
    up = outcomes.some((outcome) => outcome.status === 'fulfilled')
  }

  for (let attempt = 0, until = Date.now() + waitMs; ; attempt++) {
    try {
      await query(pool, 'DO 1')
      break
    } catch (error) {
      if (Date.now() > until) {
        await pool.end().catch(() => {})
        throw new Error(`MySQL cannot be reached: ${explain(error)}`)
      }
      log.warn({ attempt, reason: explain(error) }, 'MySQL not reached')
      await pause(backOffMs(attempt, 2_000), new AbortController().signal)
    }
  }
  let pinging = false
  const timer = setInterval(async () => {
    if (pinging) return
    pinging = true
    await ping()
    pinging = false
  }, PING_MS).unref()

  return {
    query: (sql, values) => query(pool, sql, values),
    transaction,
    up: () => up,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await pool.end().catch(() => {})
    },
  }
}

/** What may help to repeat: a lost or refused connection, a time-out, a lock, a duplicate key. */
function asTransient(error: unknown): unknown {
  if (!Error.isError(error)) return error
  const { errno, code, fatal } = error as Error & { errno?: number; code?: string; fatal?: boolean }
  const lost = fatal === true || code === 'PROTOCOL_SEQUENCE_TIMEOUT' || /closed state|Queue limit/.test(error.message)
  const refused = typeof code === 'string' && /^(E[A-Z]+|PROTOCOL_CONNECTION_LOST|POOL_CLOSED)$/.test(code)
  if (!lost && !refused && !transientNumbers.has(errno ?? 0)) return error
  return new TransientError(code ?? 'mysql', explain(error), { cause: error })
}
