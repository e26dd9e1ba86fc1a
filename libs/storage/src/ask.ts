import { explain, TransientError } from '@parvis/bus/errors'
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise'

/** A statement that has not answered by then never will: the connection is given up. */
export const STATEMENT_MS = 8_000

/**
 * What may pass, by MySQL's and MariaDB's error numbers: it is about the server or about others, never about what was to
 * be written, so whoever repeats from the look-up may well succeed. Whatever is not here is.
 */
const transientNumbers = new Set([
  1062, // duplicate key: somebody was first
  1205, // lock wait
  1213, // deadlock
  1206, // no room for more locks
  1021, // the disk is full
  1114, // the same, said of a table
  3, // the same, said by the files,
  1026, // by them as well,
  1030, // by the engine,
  1180, // by COMMIT,
  1598, // by the binary log
  1637, // no room for another transaction
  1037, // out of memory
  1041, // the same
  1053, // the server is being shut down
  1290, // read-only (or another setting that forbids it)
  1836, // the same
  1792, // the same, said of each transaction
  1047, // Galera: this node is not ready
  3100, // Group Replication: not at the moment
  3101, // it has decided for another transaction
  9001, // ProxySQL: no server behind it at the moment
  3168, // the server is not available
  1226, // a limit of the user's
  3032, // offline, for everyone but administrators
  1317, // the statement was killed
  3024, // the server's own limit of time (MySQL)
  1969, // the same (MariaDB)
  1927, // the connection was killed (MariaDB)
  3169, // the same (MySQL)
  4031, // the connection was silent for too long, as of a process that was frozen (MySQL)
])
const TIMED_OUT = 'PROTOCOL_SEQUENCE_TIMEOUT'
/** After these a connection is of no use: nobody answers, or it leads to a server that has become a replica. */
const hopelessCodes = new Set([
  TIMED_OUT,
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_UNKNOWN_COM_ERROR',
])

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

/** A TransientError where it may help to repeat: a lost or refused connection, a time-out, or one of the above. */
function asTransient(error: unknown): unknown {
  if (!Error.isError(error)) return error
  const { errno, code, fatal } = error as Error & { errno?: number; code?: string; fatal?: boolean }
  const lost = fatal === true || code === TIMED_OUT || /closed state|Queue limit/.test(error.message)
  const refused = typeof code === 'string' && /^(E[A-Z]+|PROTOCOL_CONNECTION_LOST|POOL_CLOSED)$/.test(code)
  if (!lost && !refused && !transientNumbers.has(errno ?? 0)) return error
  return transient(error)
}

/** As it is to be thrown where repeating may help, whatever it is: so for each connection that is not given. */
export function transient(error: unknown): TransientError {
  const { code } = error as { code?: unknown }
  return new TransientError(typeof code === 'string' ? code : 'mysql', explain(error), { cause: error })
}

/** Whether a connection is to be ended after this error, and not even asked to roll back. */
export function isHopeless(error: unknown): boolean {
  return Error.isError(error) && hopelessCodes.has(String((error as { code?: unknown }).code))
}
