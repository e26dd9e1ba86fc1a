import { uuidBytes, uuidOf } from '@parvis/storage/entry-row'
import { type Mysql, openMysql } from '@parvis/storage/mysql'
import { freshGround } from '@parvis/testing/fresh-ground'
import { makeTables } from '@parvis/testing/wall-jobs'
import { pino } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { pseudoSkeleton } from './pseudo-skeleton.ts'
import { createSessionsTable } from './sessions-table.ts'

// The table of sessions in a real database; that a pseudo is one person's is shown end to end (sessions.e2e.test.ts).

const resources = new AsyncDisposableStack()
let mysql: Mysql

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  await makeTables(ground)
  mysql = resources.use(
    await openMysql({ url: ground.servers.mysql.url, connections: 4, log: pino({ level: 'silent' }) }),
  )
})
afterAll(() => resources.disposeAsync())
beforeEach(() => mysql.query('DELETE FROM sessions'))

const HOUR = 3_600_000
const SESSIONS = 'INSERT INTO sessions (id, skeleton, pseudo, expires_at, ended_at) VALUES ?'
const held = () => mysql.query<{ id: Buffer; pseudo: string }>('SELECT id, pseudo FROM sessions')

/** Someone has a pseudo until then, or has left it. */
async function hold(pseudo: string, expiresAt: number, endedAt: number | null = null): Promise<string> {
  const id = uuidv7()
  await mysql.query(SESSIONS, [[[uuidBytes(id), Buffer.from(pseudoSkeleton(pseudo)), pseudo, expiresAt, endedAt]]])
  return id
}

test.each([
  ['has expired', -1, null],
  ['was left', HOUR, Date.now()],
])('a pseudo that %s is taken over, by one alone of eight who want it at once', async (_what, expiresIn, endedAt) => {
  const before = await hold('Rip', Date.now() + expiresIn, endedAt)
  const table = createSessionsTable(mysql)
  const answers = await Promise.all(Array.from({ length: 8 }, () => table.take('rip')))
  const [taken, ...more] = answers.filter((session) => session !== undefined)
  expect(more).toEqual([])
  expect(taken).toMatchObject({ pseudo: 'rip', id: expect.not.stringContaining(before) })
  expect(taken!.expiresAt).toBeGreaterThan(Date.now() + 23 * HOUR)
  expect((await held()).map(({ id, pseudo }) => [uuidOf(id), pseudo])).toEqual([[taken!.id, 'rip']])
  expect(await table.living([before, taken!.id])).toEqual(new Map([[taken!.id, 'rip']]))
})

test('a pseudo whose session goes on for another hour is nobody else’s', async () => {
  const id = await hold('Rip', Date.now() + HOUR)
  const table = createSessionsTable(mysql)
  expect(await table.take('rip')).toBeUndefined()
  expect(await table.take('rip', uuidv7())).toBeUndefined()
  expect(await table.take('rip', id)).toMatchObject({ id, pseudo: 'rip' })
})

test('forgets what no token can renew, however much it is, and nothing else', async () => {
  const now = Date.now()
  const row = (expiresAt: number, endedAt: number | null) => {
    const id = uuidv7()
    return { id, values: [uuidBytes(id), Buffer.from(id), 'Ada', expiresAt, endedAt] }
  }
  const kept = [row(now + HOUR, null), row(now - 167 * HOUR, null), row(now - 2 * HOUR, now - 25 * HOUR)]
  const old = [row(now - 169 * HOUR, null), row(now - 169 * HOUR, now - 180 * HOUR)]
  const many = Array.from({ length: 2_500 }, () => row(now - 200 * HOUR, null))
  await mysql.query(SESSIONS, [[...kept, ...old, ...many].map(({ values }) => values)])
  await createSessionsTable(mysql).purge()
  expect((await held()).map(({ id }) => uuidOf(id)).sort()).toEqual(kept.map(({ id }) => id).sort())
})
