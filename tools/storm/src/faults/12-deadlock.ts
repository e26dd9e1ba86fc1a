import { withPath } from '@parvis/stack/ground'
import type { RowDataPacket } from 'mysql2/promise'
import type { Fault } from './fault.ts'
import { createMeddler } from './meddle.ts'

const meddler = createMeddler(async (connection) => {
  try {
    await connection.query('SET SESSION innodb_lock_wait_timeout = 2')
    const [rows] = await connection.query<RowDataPacket[]>('SELECT id FROM channels ORDER BY id DESC')
    await connection.query('START TRANSACTION')
    // An update weighs more than a lock alone: the server then prefers to roll back the db-writer.
    for (const { id } of rows) await connection.query('UPDATE channels SET floor = floor WHERE id = ?', [id])
    await connection.query('ROLLBACK')
  } catch {
    // Rolled back, or waited too long: again.
    await connection.query('ROLLBACK').catch(() => {})
  }
})

/** Somebody takes the channels' rows in the other order, so that either they or a db-writer is rolled back (1213). */
export const deadlock: Fault = {
  number: 12,
  name: '12-deadlock',
  title: 'somebody locks rows in the wrong order, so that transactions deadlock',
  touches: ['mysql'],
  holdMs: 6_000,
  inject: ({ servers, vhost }) => meddler.begin(withPath(servers.mysql.directUrl(), vhost)),
  heal: () => meddler.end(),
}
