import { format } from 'mysql2'
import type { Pool } from 'mysql2/promise'
import { ask, isHopeless, type Query, STATEMENT_MS, transient } from './ask.ts'

/** One statement; values are escaped into it by mysql2. */
export interface Statement {
  sql: string
  values?: Parameters<typeof format>[1]
}

/** In each trip two statements may take long: one that waits for a lock and one that reads, or one that writes and COMMIT. */
const TRIP_MS = 2 * STATEMENT_MS

/**
 * Runs `work`, a statement or all of a transaction, on one connection. When it rejects all is rolled back; a connection
 * whose state is unknown is ended, and the server rolls back when it sees that.
 */
export async function onOneConnection<R>(
  pool: Pool,
  work: (query: Query, connection: Parameters<typeof ask>[0]) => Promise<R>,
): Promise<R> {
  // Too many of them, a changed password, a database that is being restored: never what was to be written.
  const connection = await pool.getConnection().catch((error) => Promise.reject(transient(error)))
  try {
    const result = await work((sql, values) => ask(connection, sql, values), connection)
    connection.release()
    return result
  } catch (error) {
    // Behind a statement that nobody answers a ROLLBACK would wait too, and its own time would not run.
    const rolledBack =
      !isHopeless(error) &&
      (await ask(connection, 'ROLLBACK').then(
        () => true,
        () => false,
      ))
    if (rolledBack) connection.release()
    else connection.destroy()
    throw error
  }
}

/**
 * A transaction in two trips instead of one for each statement: START TRANSACTION and `reads`, then what `decide` makes
 * of their rows and COMMIT. The server runs the statements of a trip in order, and none after one that fails.
 */
export function transactionInTwoTrips<R>(
  pool: Pool,
  reads: readonly Statement[],
  decide: (rows: unknown[][]) => { writes: readonly Statement[]; result: R },
): Promise<R> {
  return onOneConnection(pool, async (_, connection) => {
    const [, ...rows] = await ask<unknown[]>(
      connection,
      inOneText([{ sql: 'START TRANSACTION' }, ...reads]),
      [],
      TRIP_MS,
    )
    const { writes, result } = decide(rows)
    await ask(connection, inOneText([...writes, { sql: 'COMMIT' }]), [], TRIP_MS)
    return result
  })
}

function inOneText(statements: readonly Statement[]): string {
  return statements.map(({ sql, values }) => (values ? format(sql, values) : sql)).join('; ')
}
