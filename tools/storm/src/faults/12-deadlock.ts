import { withPath } from '@parvis/stack/ground'
import { type Connection, createConnection } from 'mysql2/promise'
import type { Fault } from './fault.ts'

let meddling: { stop: boolean; done: Promise<void> } | undefined

/** Somebody takes the channels' rows in the other order, so that either they or a db-writer is rolled back (1213). */
export const deadlock: Fault = {
  number: 12,
  name: '12-deadlock',
  title: 'somebody locks rows in the wrong order, so that transactions deadlock',
  touches: ['mysql'],
  holdMs: 6_000,
  async inject({ servers, vhost }) {
    const connection = await createConnection({ uri: withPath(servers.mysql.directUrl(), vhost) })
    connection.on('error', () => {})
    const mine = { stop: false, done: Promise.resolve() }
    meddling = mine
    mine.done = meddle(connection, mine).finally(() => connection.destroy())
  },
  async heal() {
    if (!meddling) return
    meddling.stop = true
    await meddling.done
    meddling = undefined
  },
}

async function meddle(connection: Connection, mine: { stop: boolean }): Promise<void> {
  const [rows] = await connection.query('SELECT id FROM channels ORDER BY id DESC')
  const ids = (rows as { id: number }[]).map(({ id }) => id)
  await connection.query('SET SESSION innodb_lock_wait_timeout = 2')
  while (!mine.stop) {
    try {
      await connection.query('START TRANSACTION')
      // An update weighs more than a lock alone: the server then prefers to roll back the db-writer.
      for (const id of ids) await connection.query('UPDATE channels SET floor = floor WHERE id = ?', [id])
      await connection.query('ROLLBACK')
    } catch {
      // Rolled back, or waited too long: again.
      await connection.query('ROLLBACK').catch(() => {})
    }
  }
}
