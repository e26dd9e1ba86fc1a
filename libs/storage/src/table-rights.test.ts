import { databaseAddresses, makeDatabaseAccounts } from '@parvis/stack/database-accounts'
import { makeGround } from '@parvis/stack/ground'
import { runJob } from '@parvis/stack/run-job'
import type { Servers } from '@parvis/stack/servers'
import { freshGround } from '@parvis/testing/fresh-ground'
import { testServers } from '@parvis/testing/test-servers'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { type DatabaseUser, type TableRight, tableRights } from './table-rights.ts'

// What each service's user may, and above all what it may not do in the database.

const resources = new AsyncDisposableStack()
const users = Object.keys(tableRights) as DatabaseUser[]
let mysql: Servers['mysql']
let administrator: Connection
let as: Record<DatabaseUser, Connection>
/** Every table that migrations have made, each with one of its columns. */
let tables: { name: string; column: string }[]

const open = async (uri: string) => {
  const connection = await createConnection({ uri })
  resources.defer(() => connection.destroy())
  return connection
}

const makeTables = async (MYSQL_URL: string) => {
  await runJob('migrate', 'apps/db-writer/src/migrate.main.ts', { MYSQL_URL }, () => {})
  await runJob('migrate stores', 'apps/message-store/src/migrate.main.ts', { MYSQL_URL }, () => {})
}

beforeAll(async () => {
  ;({ mysql } = resources.use(await freshGround()).servers)
  await makeTables(mysql.url)
  await makeDatabaseAccounts(mysql.url)
  administrator = await open(mysql.url)
  const [rows] = await administrator.query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS name, MIN(COLUMN_NAME) AS \`column\` FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = DATABASE() GROUP BY TABLE_NAME`,
  )
  tables = rows as typeof tables
  const addresses = databaseAddresses(mysql.url)
  const opened = await Promise.all(users.map(async (user) => [user, await open(addresses[user])] as const))
  as = Object.fromEntries(opened) as typeof as
})

afterAll(() => resources.disposeAsync())

// 1044 this database, 1142 this table, 1143 this column, 1227 this needs an administrator, 1410 no right to make users.
const DENIED = new Set([1044, 1142, 1143, 1227, 1410])

/** Whether the server lets this connection do it. */
async function may(connection: Connection, sql: string, values: unknown[] = []): Promise<boolean> {
  try {
    await connection.query(sql, values)
    return true
  } catch (error) {
    const { errno, message } = error as { errno: number; message: string }
    if (!DENIED.has(errno)) throw new Error(`${sql}: ${errno} ${message}`)
    return false
  }
}

// Each needs that one right alone, and changes nothing.
const acts: Record<TableRight, string> = {
  SELECT: 'SELECT ?? FROM ?? LIMIT 0',
  INSERT: 'INSERT IGNORE INTO ?? (??) SELECT NULL FROM (SELECT 1) AS one WHERE 1 = 0',
  UPDATE: 'UPDATE ?? SET ?? = 0 WHERE 1 = 0',
  DELETE: 'DELETE FROM ?? WHERE 1 = 0',
}
const mayDo = (user: DatabaseUser, right: TableRight, { name, column }: { name: string; column: string }) =>
  may(as[user], acts[right], right === 'SELECT' ? [column, name] : [name, column].slice(0, right === 'DELETE' ? 1 : 2))

test('the wall and the message store have the tables that rights are about', () => {
  const named = new Set(Object.values(tableRights).flatMap((rights) => Object.keys(rights)))
  const migrations = tables.map(({ name }) => name).filter((name) => !named.has(name))
  expect(tables.length - migrations.length).toBe(named.size)
  // What migrations remember is theirs alone.
  expect(migrations).toHaveLength(2)
})

test.each(users)('%s may do with each table what its rights say and nothing else', async (user) => {
  const rights: Record<string, readonly TableRight[]> = tableRights[user]
  for (const table of tables) {
    const allowed = []
    for (const right of Object.keys(acts) as TableRight[]) if (await mayDo(user, right, table)) allowed.push(right)
    expect({ table: table.name, allowed }).toEqual({ table: table.name, allowed: rights[table.name] ?? [] })
  }
})

test.each(['channels', 'entries', 'refusals'])('only db-writer may write %s', async (name) => {
  const table = tables.find((one) => one.name === name)!
  for (const right of ['INSERT', 'UPDATE', 'DELETE'] as const) {
    const writers = []
    for (const user of users) if (await mayDo(user, right, table)) writers.push(user)
    expect(writers.filter((user) => user !== 'db-writer')).toEqual([])
  }
})

test('what is on a wall cannot be changed or taken away by any service', async () => {
  const entries = tables.find(({ name }) => name === 'entries')!
  for (const user of users) {
    expect([await mayDo(user, 'UPDATE', entries), await mayDo(user, 'DELETE', entries)]).toEqual([false, false])
  }
})

test.each(users)('%s may neither make, change nor drop tables, nor make users or pass rights on', async (user) => {
  const another = `another_${user.replace('-', '_')}`
  expect(await may(as[user], 'CREATE TABLE ?? (id INT)', [another])).toBe(false)
  expect(await may(as[user], 'ALTER TABLE entries ADD COLUMN more INT')).toBe(false)
  expect(await may(as[user], 'DROP TABLE refusals')).toBe(false)
  expect(await may(as[user], 'TRUNCATE TABLE stored_messages')).toBe(false)
  expect(await may(as[user], 'CREATE DATABASE ??', [another])).toBe(false)
  expect(await may(as[user], "CREATE USER ?@'%' IDENTIFIED BY 'x'", [another])).toBe(false)
  expect(await may(as[user], "GRANT SELECT ON entries TO 'message-store'@'%'")).toBe(false)
  expect(await may(as[user], 'SELECT User FROM mysql.user')).toBe(false)
  expect(await may(as[user], 'USE mysql')).toBe(false)
})

test('gateways may write to the message store’s tables only where they keep messages there themselves', async () => {
  const store = tables.find(({ name }) => name === 'stored_messages')!
  const channels = tables.find(({ name }) => name === 'channels')!
  expect(await mayDo('gateway', 'INSERT', store)).toBe(false)
  await makeDatabaseAccounts(mysql.url, 'mysql')
  expect(await mayDo('gateway', 'INSERT', store)).toBe(true)
  expect(await mayDo('gateway', 'INSERT', channels)).toBe(false)
  // Another choice takes them back.
  await makeDatabaseAccounts(mysql.url, 'http')
  expect(await mayDo('gateway', 'INSERT', store)).toBe(false)
})

test('a right that is too much is taken back by the next start', async () => {
  await administrator.query("GRANT UPDATE, DELETE ON entries TO 'cache-worker'@'%'")
  const entries = tables.find(({ name }) => name === 'entries')!
  expect(await mayDo('cache-worker', 'UPDATE', entries)).toBe(true)
  await makeDatabaseAccounts(mysql.url)
  expect(await mayDo('cache-worker', 'UPDATE', entries)).toBe(false)
  expect(await mayDo('cache-worker', 'SELECT', entries)).toBe(true)
})

test('walls that share a server make their users at once, and databases that go leave no rights behind', async () => {
  await using made = new AsyncDisposableStack()
  const names = Array.from({ length: 3 }, (_, index) => `${new URL(mysql.url).pathname.slice(1)}_${index}`)
  const rightsLeft = async () => {
    const [rows] = await administrator.query<RowDataPacket[]>(
      'SELECT DISTINCT TABLE_SCHEMA AS name FROM information_schema.TABLE_PRIVILEGES WHERE TABLE_SCHEMA IN (?)',
      [names],
    )
    return rows.length
  }
  const grounds = await Promise.all(names.map((name) => makeGround(testServers(), name)))
  for (const ground of grounds) made.use(ground)
  await Promise.all(grounds.map(({ servers }) => makeTables(servers.mysql.url)))
  const twice = [...grounds, ...grounds]
  await Promise.all(twice.map(({ servers }) => makeDatabaseAccounts(servers.mysql.url)))
  for (const { servers } of grounds) {
    const gateway = await createConnection({ uri: databaseAddresses(servers.mysql.url).gateway })
    expect(await may(gateway, 'SELECT id FROM entries')).toBe(true)
    gateway.destroy()
  }
  expect(await rightsLeft()).toBe(3)
  await made.disposeAsync()
  expect(await rightsLeft()).toBe(0)
})
