import { uuidBytes, uuidOf } from '@parvis/storage/entry-row'
import { type Mysql, openMysql } from '@parvis/storage/mysql'
import { freshGround } from '@parvis/testing/fresh-ground'
import { makeTables } from '@parvis/testing/wall-jobs'
import { pino } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { createSessionsTable } from './sessions-table.ts'

// The table of sessions in a real database; that a pseudo is one person's is shown end to end (sessions.e2e.test.ts).

const resources = new AsyncDisposableStack()
let mysql: Mysql

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  await makeTables(ground)
  mysql = resources.use(
    await openMysql({ url: ground.servers.mysql.url, connections: 2, log: pino({ level: 'silent' }) }),
  )
})
afterAll(() => resources.disposeAsync())

const HOUR = 3_600_000

test('forgets what no token can renew, however much it is, and nothing else', async () => {
  const now = Date.now()
  const row = (expiresAt: number, endedAt: number | null) => {
    const id = uuidv7()
    return { id, values: [uuidBytes(id), Buffer.from(id), 'Ada', expiresAt, endedAt] }
  }
  const kept = [row(now + HOUR, null), row(now - 167 * HOUR, null), row(now - 2 * HOUR, now - 25 * HOUR)]
  const old = [row(now - 169 * HOUR, null), row(now - 169 * HOUR, now - 180 * HOUR)]
  const many = Array.from({ length: 2_500 }, () => row(now - 200 * HOUR, null))
  await mysql.query('INSERT INTO sessions (id, skeleton, pseudo, expires_at, ended_at) VALUES ?', [
    [...kept, ...old, ...many].map(({ values }) => values),
  ])
  await createSessionsTable(mysql).purge()
  const left = await mysql.query<{ id: Buffer }>('SELECT id FROM sessions ORDER BY id')
  expect(left.map(({ id }) => uuidOf(id))).toEqual(kept.map(({ id }) => id).sort())
})
