import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ground } from '@parvis/stack/ground'
import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { pino } from 'pino'
import { type Mysql, openMysql } from './mysql.ts'

// What every connection to MySQL or MariaDB is like, and what is worth repeating.

const log = pino({ level: 'silent' })
const resources = new AsyncDisposableStack()
let ground: Ground

beforeAll(async () => {
  ground = resources.use(await freshGround())
  await using mysql = await open()
  await mysql.query('CREATE TABLE things (id INT PRIMARY KEY, note VARCHAR(10) NOT NULL) ENGINE = InnoDB')
})
afterAll(() => resources.disposeAsync())

const open = (url = ground.servers.mysql.url, connections = 2) => openMysql({ url, connections, log })
const transient = (code: string) => expect.objectContaining({ name: 'TransientError', code })

test('each connection reads what is committed, waits 3 s for a lock and is ended after 10 s of silence', async () => {
  await using mysql = await open()
  const settings = `SELECT @@session.wait_timeout AS wait, @@session.innodb_lock_wait_timeout AS lockWait,
    @@session.transaction_isolation AS isolation, @@session.sql_mode AS mode`
  // MariaDB knows the isolation by this name since 11.1.
  const older = settings.replace('transaction_isolation', 'tx_isolation')
  const ask = (query: typeof mysql.query) => query(settings).catch(() => query(older))
  const two = await mysql.transaction(async (query) => [...(await ask(query)), ...(await ask(mysql.query))])
  for (const row of two) {
    expect(row).toEqual({ wait: 10, lockWait: 3, isolation: 'READ-COMMITTED', mode: 'STRICT_TRANS_TABLES' })
  }
})

test('a transaction that fails leaves nothing', async () => {
  await using mysql = await open()
  const failing = mysql.transaction(async (query) => {
    await query('INSERT INTO things VALUES (1, "one")')
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await mysql.query('SELECT * FROM things WHERE id = 1')).toEqual([])
})

test('a key that is there (1062) may be repeated; a value that does not fit may not', async () => {
  await using mysql = await open()
  await mysql.query('INSERT INTO things VALUES (10, "ten")')
  await expect(mysql.query('INSERT INTO things VALUES (10, "ten")')).rejects.toEqual(transient('ER_DUP_ENTRY'))
  const tooLong = mysql.query('INSERT INTO things VALUES (11, "longer than ten")')
  await expect(tooLong).rejects.toMatchObject({ errno: 1406 })
  await expect(tooLong).rejects.not.toMatchObject({ name: 'TransientError' })
})

describe('what is about the server, not about what is written, may be repeated', () => {
  const said = (number: number) => `SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${number}`
  const idOf = async (mysql: Mysql) => (await mysql.query<{ id: number }>('SELECT CONNECTION_ID() AS id'))[0]?.id

  test.each([
    ['a full disk', 1114, 'ER_RECORD_FILE_FULL', 'goes on'],
    ['a server that shuts down', 1053, 'ER_SERVER_SHUTDOWN', 'goes on'],
    ['a connection that was silent for too long', 4031, 'ER_CLIENT_INTERACTION_TIMEOUT', 'goes on'],
    // Its name may lead to another server by now, which takes writes.
    ['a server that is read-only', 1290, 'ER_OPTION_PREVENTS_STATEMENT', 'is ended'],
  ])('%s (%i): %s; the connection %s', async (_what, number, code, then) => {
    await using mysql = await open(undefined, 1)
    const before = await idOf(mysql)
    await expect(mysql.query(said(number))).rejects.toEqual(transient(code))
    await expect(mysql.transaction((query) => query(said(number)))).rejects.toEqual(transient(code))
    expect((await idOf(mysql)) === before).toBe(then === 'goes on')
  })

  test('a statement that somebody kills (1317), and a connection', async () => {
    await using mysql = await open(undefined, 1)
    await expect(mysql.query('KILL QUERY CONNECTION_ID()')).rejects.toEqual(transient('ER_QUERY_INTERRUPTED'))
    const before = await idOf(mysql)
    await expect(mysql.query('KILL CONNECTION_ID()')).rejects.toMatchObject({ name: 'TransientError' })
    expect(await idOf(mysql)).not.toBe(before)
  })
})

test('a connection that is not given, say since the password was changed (1045), may be repeated', async () => {
  await using admin = await open()
  const user = `u${randomBytes(6).toString('hex')}`
  const named = (password: string) => `'${user}'@'%' IDENTIFIED BY '${password}'`
  await admin.query(`CREATE USER ${named('First-1!')}`)
  await using stack = new AsyncDisposableStack()
  stack.defer(async () => void (await admin.query(`DROP USER '${user}'@'%'`)))
  const url = new URL(ground.servers.mysql.url)
  const database = url.pathname.slice(1)
  await admin.query(`GRANT SELECT ON \`${database}\`.* TO '${user}'@'%'`)
  url.username = user
  url.password = encodeURIComponent('First-1!')
  const mysql = stack.use(await open(url.href, 1))
  await admin.query(`ALTER USER ${named('Second-2!')}`)
  await expect(mysql.query('KILL CONNECTION_ID()')).rejects.toMatchObject({ name: 'TransientError' })
  await expect(mysql.query('SELECT 1')).rejects.toEqual(transient('ER_ACCESS_DENIED_ERROR'))
  await expect(mysql.transaction((query) => query('SELECT 1'))).rejects.toEqual(transient('ER_ACCESS_DENIED_ERROR'))
  await admin.query(`ALTER USER ${named('First-1!')}`)
  await eventually(async () => expect(await mysql.query('SELECT 1 AS one')).toEqual([{ one: 1 }]))
})

test('the error of a statement says who asked', async () => {
  await using mysql = await open()
  const readNothing = async () => {
    await mysql.query('SELECT * FROM nothing')
  }
  await expect(readNothing()).rejects.toMatchObject({
    errno: 1146,
    stack: expect.stringMatching(/nothing.*readNothing/s),
  })
})

describe('a transaction in two trips', () => {
  const lock = { sql: 'SELECT * FROM things WHERE id = ? FOR UPDATE', values: [40] }
  const write = (id: number, note: string) => ({ sql: 'INSERT INTO things VALUES (?)', values: [[id, note]] })
  const nonsense = { sql: 'SELECT * FROM nothing' }
  const several = () => openMysql({ url: ground.servers.mysql.url, connections: 1, severalStatements: true, log })
  const no = new Error('no')

  beforeAll(async () => {
    await using mysql = await open()
    await mysql.query('INSERT INTO things VALUES (40, "forty; ?")')
  })

  test('gives the rows of each read, and commits what is decided of them', async () => {
    await using mysql = await several()
    const reads = [lock, { sql: 'SELECT 1 AS one UNION SELECT 2' }]
    const result = await mysql.transactionInTwoTrips(reads, (rows) => ({
      writes: [write(41, "a'; ?"), write(42, 'b')],
      result: rows,
    }))
    expect(result).toEqual([[{ id: 40, note: 'forty; ?' }], [{ one: 1 }, { one: 2 }]])
    const nothing = await mysql.transactionInTwoTrips([lock], () => ({ writes: [], result: 'nothing to write' }))
    expect(nothing).toBe('nothing to write')
    await using other = await open()
    expect(await other.query('SELECT note FROM things WHERE id IN (41, 42)')).toEqual([
      { note: "a'; ?" },
      { note: 'b' },
    ])
  })

  test.each([
    ['the first read', [nonsense, lock], [write(43, 'a')], expect.objectContaining({ errno: 1146 })],
    ['a later read', [lock, nonsense], [write(43, 'a')], expect.objectContaining({ errno: 1146 })],
    ['what is decided', [lock], undefined, no],
    ['the first write', [lock], [write(40, 'again'), write(43, 'a')], transient('ER_DUP_ENTRY')],
    ['a later write', [lock], [write(43, 'a'), write(44, 'longer than ten')], expect.objectContaining({ errno: 1406 })],
  ])('leaves nothing, neither rows nor lock, when %s fails; its connection goes on', async (_, reads, writes, why) => {
    await using mysql = await several()
    const connection = () => mysql.query('SELECT CONNECTION_ID() AS id')
    const before = await connection()
    const failing = mysql.transactionInTwoTrips(reads, () => {
      if (!writes) throw no
      return { writes, result: undefined }
    })
    await expect(failing).rejects.toEqual(why)
    expect(await connection()).toEqual(before)
    await using other = await open()
    expect(await other.query('SELECT * FROM things WHERE id IN (43, 44)')).toEqual([])
    expect(await other.query('SELECT * FROM things WHERE id = 40 FOR UPDATE NOWAIT')).toHaveLength(1)
  })

  test('only a pool that asks for it takes several statements in one text', async () => {
    await using mysql = await open()
    await expect(mysql.query('SELECT 1; SELECT 2')).rejects.toMatchObject({ errno: 1064 })
  })
})

test.concurrent('a server that falls silent in a transaction is given up with its connection, after 8 s', async () => {
  await using proxy = await cuttableProxy(ground.servers.mysql.url)
  await using mysql = await open(proxy.url, 1)
  const silenced = mysql.transaction(async (query) => {
    // Behind a network that is gone nobody would hear of it when the server ends the connection.
    await query('SET SESSION wait_timeout = 60')
    await query('INSERT INTO things VALUES (50, "fifty")')
    proxy.freeze()
    await query('SELECT 1')
  })
  await expect(silenced).rejects.toEqual(transient('PROTOCOL_SEQUENCE_TIMEOUT'))
  proxy.thaw()
  // On a new connection: the pool has room for one only.
  await eventually(async () => expect(await mysql.query('SELECT * FROM things WHERE id = 50')).toEqual([]))
})

test.concurrent('a lock that somebody keeps (1205) is given up after 3 s, to be repeated', async () => {
  await using mysql = await open()
  await mysql.query('INSERT INTO things VALUES (20, "twenty")')
  const released = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const holder = mysql.transaction(async (query) => {
    await query('SELECT * FROM things WHERE id = 20 FOR UPDATE')
    locked.resolve()
    await released.promise
  })
  await locked.promise
  const waiting = mysql.transaction((query) => query('SELECT * FROM things WHERE id = 20 FOR UPDATE'))
  await expect(waiting).rejects.toEqual(transient('ER_LOCK_WAIT_TIMEOUT'))
  released.resolve()
  await holder
})

test('two who lock crosswise (1213): one is told to repeat, the other goes on', async () => {
  await using mysql = await open()
  await mysql.query('INSERT INTO things VALUES (30, "a"), (31, "b")')
  const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const lockBoth = (first: number, second: number, me: number) =>
    mysql.transaction(async (query) => {
      await query('SELECT * FROM things WHERE id = ? FOR UPDATE', [first])
      both[me]!.resolve()
      await both[1 - me]!.promise
      await query('SELECT * FROM things WHERE id = ? FOR UPDATE', [second])
    })
  const outcomes = await Promise.allSettled([lockBoth(30, 31, 0), lockBoth(31, 30, 1)])
  const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  expect(failed).toEqual([transient('ER_LOCK_DEADLOCK')])
})

test.concurrent('a connection that is lost may be repeated; `up` says how it is', async () => {
  await using proxy = await cuttableProxy(ground.servers.mysql.url)
  await using mysql = await open(proxy.url)
  expect(mysql.up()).toBe(true)
  proxy.cut()
  await expect(mysql.query('SELECT 1')).rejects.toMatchObject({ name: 'TransientError' })
  await eventually(() => expect(mysql.up()).toBe(false))
  proxy.mend()
  await eventually(async () => expect(await mysql.query('SELECT 1 AS one')).toEqual([{ one: 1 }]))
  await eventually(() => expect(mysql.up()).toBe(true))
})

test.concurrent('idle connections are kept by their pings longer than the 10 s of silence', async () => {
  await using mysql = await open(undefined, 1)
  const [before] = await mysql.query<{ id: number }>('SELECT CONNECTION_ID() AS id')
  // The wait is the point: the server counts it.
  await sleep(12_000)
  expect(await mysql.query('SELECT CONNECTION_ID() AS id')).toEqual([before])
})

test('a server that cannot be reached is waited for, up to the limit, and then named', async () => {
  await using proxy = await cuttableProxy(ground.servers.mysql.url)
  proxy.cut()
  const never = openMysql({ url: proxy.url, connections: 1, log, waitMs: 500 })
  await expect(never).rejects.toThrow(/^MySQL cannot be reached: ./)
  const before = proxy.refused()
  const late = openMysql({ url: proxy.url, connections: 1, log })
  await eventually(() => expect(proxy.refused()).toBeGreaterThan(before))
  proxy.mend()
  await using mysql = await late
  expect(await mysql.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})
