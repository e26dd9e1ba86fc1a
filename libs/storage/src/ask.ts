import { explain, TransientError } from '@parvis/bus/errors'
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise'

/** A statement that has not answered by then never will: the connection is given up. */
export const STATEMENT_MS = 8_000

// MySQL and MariaDB alike. 1062 duplicate key, 1205 lock wait, 1213 deadlock: roll back and repeat from the look-up.
const transientNumbers = new Set([1062, 1205, 1213])
const TIMED_OUT = 'PROTOCOL_SEQUENCE_TIMEOUT'

export type Query = <R>(sql: string, values?: unknown[]) => Promise<R[]>

/**
 * The rows of a text that is sent in one trip: of its statement, or a list for each if it holds several.
 * Rejects with a TransientError where repeating helps.
 * @param timeout ms from sending to the last answer
 */
export async function ask<R>(
  on: Pool | PoolConnection,
  sql: string,
  values: unknown[] = [],
  timeout = STATEMENT_MS,
): Promise<R[]> {
  try {
    const [rows] = await on.query<RowDataPacket[]>({ sql, values, timeout })
    return rows as R[]
  } catch (error) {
    // Who asked: mysql2 would note it before each statement (`trace`), an eighth of what a lone post costs.
    if (Error.isError(error)) Error.captureStackTrace(error)
    throw asTransient(error)
  }
}

/** What may help to repeat: a lost or refused connection, a time-out, a lock, a duplicate key. */
export function asTransient(error: unknown): unknown {
  if (!Error.isError(error)) return error
  const { errno, code, fatal } = error as Error & { errno?: number; code?: string; fatal?: boolean }
  const lost = fatal === true || code === TIMED_OUT || /closed state|Queue limit/.test(error.message)
  const refused = typeof code === 'string' && /^(E[A-Z]+|PROTOCOL_CONNECTION_LOST|POOL_CLOSED)$/.test(code)
  if (!lost && !refused && !transientNumbers.has(errno ?? 0)) return error
  return new TransientError(code ?? 'mysql', explain(error), { cause: error })
}

/** Whether an error says that nothing was heard in time: whatever else is said on the connection waits behind it. */
export function isTimedOut(error: unknown): boolean {
  return Error.isError(error) && (error as { code?: unknown }).code === TIMED_OUT
}
