import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import type { Fault } from './fault.ts'

const KILL_MS = 20

let killing: { stop: boolean; done: Promise<void> } | undefined

/** An operator, or a job against long statements, kills whatever the wall has running (1317), or its connections too. */
export const statementsKilled: Fault = {
  number: 12,
  name: '12-statements-killed',
  title: 'somebody kills statements, and now and then connections, for 6 s',
  touches: ['mysql'],
  holdMs: 6_000,
  async inject({ servers, vhost }) {
    const connection = await createConnection({ uri: servers.mysql.directUrl() })
    connection.on('error', () => {})
    const mine = { stop: false, done: Promise.resolve() }
    killing = mine
    mine.done = kill(connection, vhost, mine).finally(() => connection.destroy())
    // Heard of when it is healed.
    mine.done.catch(() => {})
  },
  async heal() {
    if (!killing) return
    killing.stop = true
    await killing.done
    killing = undefined
  },
}

async function kill(connection: Connection, database: string, mine: { stop: boolean }): Promise<void> {
  for (let round = 0; !mine.stop; round++) {
    // Not from information_schema: MySQL 9 fails there when a statement that runs holds an emoji (3854).
    const [all] = await connection.query<RowDataPacket[]>('SHOW PROCESSLIST')
    const what = round % 10 === 0 ? 'CONNECTION' : 'QUERY'
    for (const { Id: id, db } of all) {
      // One that has ended meanwhile is an error, which nobody minds.
      if (db === database) await connection.query(`KILL ${what} ?`, [id]).catch(() => {})
    }
    await sleep(KILL_MS)
  }
}
