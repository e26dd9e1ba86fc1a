import { randomUUID } from 'node:crypto'
import type { ReviewedPost } from '@parvis/contracts/post-reviewed'
import type { StoredPost } from '@parvis/contracts/post-stored'
import { migrate } from '@parvis/storage/migrate'
import { type Mysql, openMysql } from '@parvis/storage/mysql'
import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { rowsRead } from '@parvis/testing/rows-read'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { pino } from 'pino'
import { createChannelIds } from './channel-ids.ts'
import rowsTask from './rows.task.ts'
import { storePosts } from './store-posts.ts'
import { wallTables } from './wall-tables.ts'

// The one transaction that gives posts their places, on a real MySQL or MariaDB.

const log = pino({ level: 'silent' })
const resources = new AsyncDisposableStack()
let url = ''
let mysql: Mysql
let other: Mysql

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  url = ground.servers.mysql.url
  await migrate(url, wallTables)
  mysql = resources.use(await openMysql({ url, connections: 6, severalStatements: true, log }))
  other = resources.use(await openMysql({ url, connections: 6, severalStatements: true, log }))
})
afterAll(() => resources.disposeAsync())

function post(channel: string, more: Partial<ReviewedPost> = {}): ReviewedPost {
  const id = randomUUID()
  return { id, clientId: id, channel, author: 'Ada', text: 'hello', createdAt: 1, reviewedAt: 2, ...more }
}
const posts = (channel: string, count: number) => Array.from({ length: count }, () => post(channel))

/** As a process that has just started does it, which knows no channel. */
function store(batch: readonly ReviewedPost[], on = mysql): Promise<StoredPost[]> {
  const values = rowsTask(batch)
  return storePosts(
    on,
    createChannelIds(on),
    batch.map((each, i) => ({ post: each, values: values[i]! })),
  )
}

/** As the bus does it: what is transient is repeated in place. */
async function storeUntilDone(batch: readonly ReviewedPost[], on = mysql): Promise<StoredPost[]> {
  for (const until = Date.now() + 30_000; ; ) {
    try {
      return await store(batch, on)
    } catch (error) {
      if ((error as Error).name !== 'TransientError' || Date.now() > until) throw error
    }
  }
}

async function inMysql(channel: string) {
  const [row] = await mysql.query<{ id: number; last_seq: number }>(
    'SELECT id, last_seq FROM channels WHERE name = ?',
    [channel],
  )
  const rows = await mysql.query<{ seq: number; id: string; text: string }>(
    'SELECT seq, LOWER(HEX(id)) AS id, text FROM entries WHERE channel_id = ? ORDER BY seq',
    [row?.id],
  )
  return { last: row?.last_seq, seqs: rows.map(({ seq }) => seq), ids: rows.map(({ id }) => id), rows }
}
const hex = (all: readonly { id: string }[]) => all.map(({ id }) => id.replaceAll('-', ''))
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

test('each channel of a batch is numbered by itself, without a hole, in the order of the batch', async () => {
  const [a, b] = [posts('count-a', 5), posts('count-b', 3)]
  const stored = await store([a[0]!, b[0]!, a[1]!, a[2]!, b[1]!, b[2]!, a[3]!, a[4]!])
  expect(stored.map(({ channel, seq }) => `${channel} ${seq}`)).toEqual([
    'count-a 1',
    'count-b 1',
    'count-a 2',
    'count-a 3',
    'count-b 2',
    'count-b 3',
    'count-a 4',
    'count-a 5',
  ])
  const more = await store(posts('count-a', 2))
  expect(more.map(({ seq }) => seq)).toEqual([6, 7])
  expect(await inMysql('count-a')).toMatchObject({ last: 7, seqs: upTo(7) })
  expect(await inMysql('count-b')).toMatchObject({ last: 3, seqs: upTo(3), ids: hex(b) })
})

test('an id twice in a batch is one post, the first', async () => {
  const first = post('twice')
  const stored = await store([first, post('twice'), { ...first, text: 'another text' }])
  expect(stored.map(({ seq, text }) => [seq, text])).toEqual([
    [1, 'hello'],
    [2, 'hello'],
  ])
  expect(await inMysql('twice')).toMatchObject({ last: 2, seqs: [1, 2] })
})

test('an id that is known comes back as it is stored, whatever the repeat says, and takes no place', async () => {
  const first = post('again', { via: 'broker', mentions: ['Bob'], links: ['https://a.example'] })
  const [stored] = await store([first, post('again')])
  const repeat = { ...first, text: 'another text', author: 'Eve', reviewedAt: 99, channel: 'elsewhere' }
  const again = await store([post('again'), repeat])
  expect(again.map(({ seq }) => seq)).toEqual([3, 1])
  // To the byte: what Redis and browsers get is the same whichever of the two was sent.
  expect(JSON.stringify(again[1])).toBe(JSON.stringify(stored))
  expect(stored).toMatchObject({ text: 'hello', author: 'Ada', via: 'broker', mentions: ['Bob'], channel: 'again' })
  expect(await inMysql('again')).toMatchObject({ last: 3, seqs: upTo(3) })
})

test('what a post says beyond its row is not sent on', async () => {
  const strange = { ...post('strange', { sessionId: randomUUID() }), colour: 'red' }
  const [stored] = await store([strange])
  expect(stored).not.toHaveProperty('colour')
  expect(stored).not.toHaveProperty('sessionId')
})

test('two writers on one channel at once, with half of their posts the same: 1 to n, no hole, no double', async () => {
  const shared = posts('race', 60)
  const batches = (own: ReviewedPost[]) => upTo(20).map((n) => [...shared.slice(3 * n - 3, 3 * n), own[n - 1]!])
  const [mine, theirs] = [posts('race', 20), posts('race', 20)]
  const write = async (own: ReviewedPost[], on: Mysql) => {
    const all: StoredPost[] = []
    for (const batch of batches(own)) all.push(...(await storeUntilDone(batch, on)))
    return all
  }
  const [a, b] = await Promise.all([write(mine, mysql), write(theirs, other)])
  const { last, seqs, ids } = await inMysql('race')
  expect(last).toBe(100)
  expect(seqs).toEqual(upTo(100))
  expect([...ids].sort()).toEqual(hex([...shared, ...mine, ...theirs]).sort())
  // Both say of every post what MySQL says of it.
  for (const { id, seq } of [...a, ...b]) expect(ids[seq - 1]).toBe(id.replaceAll('-', ''))
  expect(new Set([...a, ...b].map(({ epoch }) => epoch)).size).toBe(1)
})

test('two writers on several channels, named in opposite orders, do not lock each other out', async () => {
  const names = ['order-a', 'order-b', 'order-c']
  const rounds = async (order: string[], on: Mysql) => {
    for (let n = 0; n < 20; n++)
      await storeUntilDone(
        order.map((name) => post(name)),
        on,
      )
  }
  await Promise.all([rounds(names, mysql), rounds([...names].reverse(), other)])
  for (const name of names) expect(await inMysql(name)).toMatchObject({ last: 40, seqs: upTo(40) })
})

test('an id that two writers store in two channels at once is stored in one, and both say in which', async () => {
  for (let n = 0; n < 20; n++) {
    const id = randomUUID()
    const both = await Promise.all([
      storeUntilDone([post('left', { id }), post('left')], mysql),
      storeUntilDone([post('right', { id }), post('right')], other),
    ])
    const [one, two] = both.map((stored) => stored.find((each) => each.id === id))
    expect(one).toEqual(two)
  }
  for (const name of ['left', 'right']) {
    const { last, seqs } = await inMysql(name)
    expect(seqs).toEqual(upTo(last!))
  }
})

test('a channel’s row is made in a transaction of its own: a batch that fails leaves it, and takes no place', async () => {
  const tooLong = post('alone', { author: 'a'.repeat(200) })
  await expect(store([post('alone'), tooLong])).rejects.toMatchObject({ errno: 1406 })
  expect(await inMysql('alone')).toMatchObject({ last: 0, seqs: [] })
  const [stored] = await store([post('alone')])
  expect(stored?.seq).toBe(1)
})

test('many writers that meet a new channel at once make one row with one epoch', async () => {
  const all = await Promise.all(upTo(8).map((n) => storeUntilDone([post('new')], n % 2 ? mysql : other)))
  expect(new Set(all.flat().map(({ epoch }) => epoch)).size).toBe(1)
  expect(await inMysql('new')).toMatchObject({ last: 8, seqs: upTo(8) })
})

test('a full batch, 500 posts of 4 KiB that have to be escaped, is one statement that the server takes', async () => {
  const text = `${"'\\".repeat(1_000)}${'é'.repeat(1_048)}`
  expect(Buffer.byteLength(text)).toBe(4_096)
  const batch = Array.from({ length: 500 }, () =>
    post('large', { text, links: [`https://${'a'.repeat(2_000)}.example`] }),
  )
  expect(Buffer.byteLength(rowsTask(batch).join())).toBeGreaterThan(4 * 1024 * 1024)
  const stored = await store(batch)
  expect(stored).toHaveLength(500)
  const { rows, seqs } = await inMysql('large')
  expect(seqs).toEqual(upTo(500))
  expect(rows.every((row) => row.text === text)).toBe(true)
})

test('a writer that froze with the lock loses it after 10 s; another goes on, and the frozen one cannot commit', async () => {
  await store([post('frozen')])
  const thawed = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const frozen = other.transaction(async (query) => {
    await query('SELECT id FROM channels WHERE name = ? FOR UPDATE', ['frozen'])
    await query('UPDATE channels SET last_seq = 2 WHERE name = ?', ['frozen'])
    locked.resolve()
    await thawed.promise
  })
  await locked.promise
  const [stored] = await storeUntilDone([post('frozen')])
  expect(stored?.seq).toBe(2)
  thawed.resolve()
  await expect(frozen).rejects.toMatchObject({ name: 'TransientError' })
  expect(await inMysql('frozen')).toMatchObject({ last: 2, seqs: [1, 2] })
})

test('a batch whose connection is killed before its commit leaves nothing, and its repeat stores it once', async () => {
  await store([post('killed')])
  const batch = posts('killed', 3)
  const admin = await createConnection({ uri: url })
  await admin.query('START TRANSACTION')
  await admin.query('SELECT id FROM channels WHERE name = ? FOR UPDATE', ['killed'])
  const waiting = store(batch).catch((error) => error)
  const victim = await waitForWaiter(admin)
  await admin.query('KILL ?', [victim])
  expect(await waiting).toMatchObject({ name: 'TransientError' })
  await admin.query('COMMIT')
  await admin.end()
  expect(await inMysql('killed')).toMatchObject({ last: 1, seqs: [1] })
  expect((await storeUntilDone(batch)).map(({ seq }) => seq)).toEqual([2, 3, 4])
})

/** The connection that waits for the row lock of a channel. */
function waitForWaiter(admin: Connection): Promise<number> {
  return eventually(async () => {
    const [rows] = await admin.query<RowDataPacket[]>('SHOW FULL PROCESSLIST')
    const database = new URL(url).pathname.slice(1)
    const found = rows.find(({ Info, db }) => db === database && Info?.endsWith('FOR UPDATE'))
    return found?.Id ?? Promise.reject(new Error('nobody waits for the lock'))
  })
}

test('a batch reads as few rows of a long wall as of a short one', async () => {
  // One connection, so that the server counts what this session reads.
  await using alone = await openMysql({ url, connections: 1, severalStatements: true, log })
  for (let n = 0; n < 6; n++) await store(posts('long', 500), alone)
  const before = await rowsRead(alone)
  await store(posts('long', 60), alone)
  expect((await rowsRead(alone)) - before).toBeLessThan(1_000)
})

test('a channel whose row is elsewhere, as after a backup was restored, is found again by the repeat', async () => {
  const ids = createChannelIds(mysql)
  const one = post('restored')
  const storeWith = (each: ReviewedPost) => storePosts(mysql, ids, [{ post: each, values: rowsTask([each])[0]! }])
  expect(await storeWith(one)).toMatchObject([{ seq: 1 }])
  await mysql.query("DELETE FROM entries WHERE channel_id = (SELECT id FROM channels WHERE name = 'restored')")
  await mysql.query("DELETE FROM channels WHERE name = 'restored'")
  await expect(storeWith(post('restored'))).rejects.toMatchObject({ name: 'TransientError', code: 'channel-gone' })
  expect(await storeWith(post('restored'))).toMatchObject([{ seq: 1 }])
})

test('a batch takes two trips to the server, whatever of it is known, and no more when its channel is', async () => {
  await using proxy = await cuttableProxy(url)
  await using alone = await openMysql({ url: proxy.url, connections: 1, severalStatements: true, log })
  const ids = createChannelIds(alone)
  const trips = async (batch: ReviewedPost[]) => {
    const before = proxy.trips()
    await storePosts(
      alone,
      ids,
      batch.map((each) => ({ post: each, values: rowsTask([each])[0]! })),
    )
    return proxy.trips() - before
  }
  const batch = posts('trips', 3)
  await eventually(() => trips(batch))
  // A ping every 3 s may come in between.
  await eventually(async () => expect(await trips([post('trips')])).toBe(2))
  await eventually(async () => expect(await trips([...batch, post('trips')])).toBe(2))
  await eventually(async () => expect(await trips(batch)).toBe(2))
})

test('a batch whose commit nobody answers for is stored once when it is repeated, in the same places', async () => {
  await using proxy = await cuttableProxy(url)
  await using far = await openMysql({ url: proxy.url, connections: 1, severalStatements: true, log })
  const deaf = {
    ...far,
    transactionInTwoTrips: ((reads, decide) =>
      far.transactionInTwoTrips(reads, (rows) => {
        proxy.freeze('answers')
        return decide(rows)
      })) as Mysql['transactionInTwoTrips'],
  }
  await storeUntilDone([post('unanswered')])
  const batch = posts('unanswered', 3)
  const waiting = store(batch, deaf).catch((error) => error)
  await eventually(async () => expect(await inMysql('unanswered')).toMatchObject({ last: 4, seqs: upTo(4) }))
  proxy.drop()
  expect(await waiting).toMatchObject({ name: 'TransientError' })
  proxy.thaw()
  expect((await storeUntilDone(batch, far)).map(({ seq }) => seq)).toEqual([2, 3, 4])
  expect(await inMysql('unanswered')).toMatchObject({ last: 4, seqs: upTo(4) })
})
