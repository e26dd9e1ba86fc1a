import { setTimeout as sleep } from 'node:timers/promises'
import { withPath } from '@parvis/stack/ground'
import type { RowDataPacket } from 'mysql2/promise'
import type { Fault } from './fault.ts'
import { createMeddler } from './meddle.ts'

const KILL_MS = 20

const meddler = createMeddler(async (connection, round) => {
  // Not from information_schema: MySQL 9 fails there when a statement that runs holds an emoji (3854).
  const [all] = await connection.query<RowDataPacket[]>('SHOW PROCESSLIST')
  const what = round % 10 === 0 ? 'CONNECTION' : 'QUERY'
  for (const { Id: id, db } of all) {
    // One that has ended meanwhile is an error, which nobody minds.
    if (db === connection.config.database && id !== connection.threadId) {
      await connection.query(`KILL ${what} ?`, [id]).catch(() => {})
    }
  }
  await sleep(KILL_MS)
})

/** An operator, or a job against long statements, kills whatever the wall has running (1317), or its connections too. */
export const statementsKilled: Fault = {
  number: 12,
  name: '12-statements-killed',
  title: 'somebody kills statements, and now and then connections, for 6 s',
  touches: ['mysql'],
  holdMs: 6_000,
  inject: ({ servers, vhost }) => meddler.begin(withPath(servers.mysql.directUrl(), vhost)),
  heal: () => meddler.end(),
}
