import { readdir } from 'node:fs/promises'
import { migrate } from '@parvis/storage/migrate'
import { freshGround } from '@parvis/testing/fresh-ground'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { wallTables } from './wall-tables.ts'

const resources = new AsyncDisposableStack()
let url = ''

beforeAll(async () => {
  url = resources.use(await freshGround()).servers.mysql.url
})
afterAll(() => resources.disposeAsync())

test('several migrators at once: each file is run by one of them, in order, and a repeat runs nothing', async () => {
  const files = (await readdir(new URL('./migrations/', import.meta.url))).sort()
  const runs = await Promise.all([migrate(url, wallTables), migrate(url, wallTables), migrate(url, wallTables)])
  expect(runs.flat()).toEqual(files)
  expect(await migrate(url, wallTables)).toEqual([])
  const connection = await createConnection({ uri: url })
  const [rows] = await connection.query<RowDataPacket[]>('SELECT name FROM migrations ORDER BY run_at, name')
  await connection.end()
  expect(rows.map(({ name }) => name)).toEqual(files)
})

test('without the lock nothing is run: the other may be half-way', async () => {
  const holder = await createConnection({ uri: url })
  await holder.query("SELECT GET_LOCK(SHA2(CONCAT('parvis.migrate ', DATABASE()), 224), 0)")
  await expect(migrate(url, { ...wallTables, waitMs: 1_000, lockS: 1 })).rejects.toThrow('another process is migrating')
  await holder.end()
  expect(await migrate(url, wallTables)).toEqual([])
})

test('a server that is not there is waited for up to the limit', async () => {
  await expect(migrate('mysql://nobody@127.0.0.1:1/none', { ...wallTables, waitMs: 600 })).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  })
})
