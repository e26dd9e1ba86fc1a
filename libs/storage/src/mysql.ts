import { explain } from '@parvis/bus/errors'
import { backOffMs, pause } from '@parvis/bus/wait'
import { format } from 'mysql2'
import { createPool } from 'mysql2/promise'
import type { Logger } from 'pino'
import { ask, type Query, STATEMENT_MS } from './ask.ts'
import { onOneConnection, type Statement, transactionInTwoTrips } from './transaction.ts'

const PING_MS = 3_000

export interface Mysql {
  /** Rows of one statement; values are escaped into it by mysql2. Rejects with a TransientError where repeating helps. */
  query: Query
  /** Runs `work` in a transaction on one connection: commits what it resolves, rolls back what it rejects. */
  transaction<R>(work: (query: Query) => Promise<R>): Promise<R>
  /**
   * A transaction in two trips to the server, on a pool with `severalStatements`: `reads`, and then what `decide` makes
   * of their rows, a list of rows for each. What is decided is committed; nothing is when anything fails.
   */
  transactionInTwoTrips<R>(
    reads: readonly Statement[],
    decide: (rows: unknown[][]) => { writes: readonly Statement[]; result: R },
  ): Promise<R>
  /** Whether a connection answered its last ping: sent every 3 s, given up after 8. */
  up(): boolean
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * A pool of connections to MySQL or MariaDB, each READ COMMITTED, giving a lock up after 3 s. The server ends a
 * connection that is silent for 10 s, so that a frozen process cannot hold a row lock for hours; a ping every 3 s keeps
 * a living one's.
 * @param connections how many statements or transactions run at a time; more wait for a free one
 * @param severalStatements lets one text hold several statements, which saves trips. Off unless a process needs it: with
 *   it a value that found its way into a statement unescaped could add statements of its own
 * @param waitMs how long to wait for a server that cannot be reached yet; then it rejects and says which server it is
 */
export async function openMysql(options: {
  url: string
  connections: number
  log: Logger
  severalStatements?: boolean
  waitMs?: number
}): Promise<Mysql> {
  const { connections, log, severalStatements = false, waitMs = 60_000 } = options
  const pool = createPool({
    uri: options.url,
    connectionLimit: connections,
    maxIdle: connections,
    queueLimit: 1_000,
    connectTimeout: 5_000,
    charset: 'utf8mb4',
    supportBigNumbers: true,
    flags: ['-FOUND_ROWS'],
    trace: false,
    // A text without values goes as it is: mysql2 would look for question marks in all of it, 1 µs a row of an INSERT.
    queryFormat: (sql, values) => (values.length > 0 ? format(sql, values) : sql),
    multipleStatements: severalStatements,
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
      await ask(pool, 'DO 1')
      break
    } catch (error) {
      if (Date.now() > until) {
        await pool.end().catch(() => {})
        throw new Error(`MySQL cannot be reached: ${explain(error)}`)
      }
      log.warn({ attempt, reason: explain(error) }, 'MySQL not reached')
      await pause(backOffMs(attempt, 2_000))
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
    query: (sql, values) => onOneConnection(pool, (query) => query(sql, values)),
    transaction: (work) =>
      onOneConnection(pool, async (query) => {
        await query('START TRANSACTION')
        const result = await work(query)
        await query('COMMIT')
        return result
      }),
    transactionInTwoTrips: (reads, decide) => transactionInTwoTrips(pool, reads, decide),
    up: () => up,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await pool.end().catch(() => {})
    },
  }
}
