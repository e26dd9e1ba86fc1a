import { randomUUID } from 'node:crypto'
import type { Refusal } from '@parvis/contracts/post-rejected'
import { uuidBytes } from '@parvis/storage/entry-row'
import { migrate } from '@parvis/storage/migrate'
import { type Mysql, openMysql } from '@parvis/storage/mysql'
import { freshGround } from '@parvis/testing/fresh-ground'
import { pino } from 'pino'
import { onPostRejected, purgeRefusals } from './on-post-rejected.ts'
import { wallTables } from './wall-tables.ts'

const resources = new AsyncDisposableStack()
const hour = 3_600_000
let mysql: Mysql

beforeAll(async () => {
  const { url } = resources.use(await freshGround()).servers.mysql
  await migrate(url, wallTables)
  mysql = resources.use(await openMysql({ url, connections: 2, log: pino({ level: 'silent' }) }))
})
afterAll(() => resources.disposeAsync())

function refusal(more: Partial<Refusal> = {}): Refusal {
  const postId = randomUUID()
  return { postId, clientId: postId, status: 'refused', code: 'too-many-links', message: 'no', at: Date.now(), ...more }
}
async function codeOf({ postId }: Refusal): Promise<string | undefined> {
  const rows = await mysql.query<{ code: string }>('SELECT code FROM refusals WHERE id = ?', [uuidBytes(postId)])
  return rows[0]?.code
}

test('refusals are remembered; the first answer stands', async () => {
  const [one, two] = [refusal(), refusal({ status: 'parked', code: 'post-parked' })]
  expect(await onPostRejected({ mysql })([one, two, { ...one, code: 'words-not-wanted' }])).toEqual([])
  await onPostRejected({ mysql })([{ ...two, code: 'too-many-marks' }])
  expect([await codeOf(one), await codeOf(two)]).toEqual(['too-many-links', 'post-parked'])
})

test('a message that is too long for the column is kept as far as it fits', async () => {
  const long = refusal({ message: '😀'.repeat(600) })
  await onPostRejected({ mysql })([long])
  const rows = await mysql.query('SELECT message FROM refusals WHERE id = ?', [uuidBytes(long.postId)])
  // 500 as JavaScript counts.
  expect(rows).toEqual([{ message: '😀'.repeat(250) }])
})

test('refusals are kept for 72 hours, and then all of them are removed', async () => {
  const kept = refusal({ at: Date.now() - 71 * hour })
  const old = Array.from({ length: 10_050 }, () => refusal({ at: Date.now() - 73 * hour }))
  await onPostRejected({ mysql })([kept, ...old])
  await purgeRefusals(mysql)
  expect(await codeOf(kept)).toBe('too-many-links')
  const [row] = await mysql.query<{ n: number }>('SELECT COUNT(*) AS n FROM refusals WHERE at < ?', [
    Date.now() - 72 * hour,
  ])
  expect(row?.n).toBe(0)
})
