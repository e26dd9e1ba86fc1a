import { freshGround } from '@parvis/testing/fresh-ground'
import { rowsRead } from '@parvis/testing/rows-read'
import { makeTables } from '@parvis/testing/wall-jobs'
import { pino } from 'pino'
import { type Mysql, openMysql } from './mysql.ts'
import { pieceOf, readChangedPositions, readPiece, readPositions } from './read-wall.ts'

// Pieces of a channel on a real MySQL or MariaDB. Channel `ten` has ten entries, `long` five hundred of 4 KiB.

const resources = new AsyncDisposableStack()
let mysql: Mysql
let url: string

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  await makeTables(ground)
  url = ground.servers.mysql.url
  mysql = resources.use(await openMysql({ url, connections: 2, log: pino({ level: 'silent' }) }))
  await fill(1, 'ten', 10, 'a', 1_000)
  await fill(2, 'long', 500, 'é'.repeat(2_048), 2_000)
  await fill(3, 'empty', 0, '', 0)
})

afterAll(() => resources.disposeAsync())

async function fill(id: number, name: string, count: number, text: string, changedAt: number) {
  const channel = [id, name, `epoch-of-${name}`, count, changedAt]
  await mysql.query('INSERT INTO channels (id, name, epoch, last_seq, changed_at) VALUES (?)', [channel])
  const rows = Array.from({ length: count }, (_, i) => rowOf(id, name, i + 1, text))
  if (rows.length > 0) await mysql.query(`INSERT INTO entries (${columns}) VALUES ?`, [rows])
}

const columns =
  'channel_id, seq, kind, id, client_id, session_id, via, author, text, found, search_text, created_at, reviewed_at, stored_at'

function rowOf(channelId: number, name: string, seq: number, text: string) {
  const uuid = Buffer.alloc(16, `${name}${seq}`.padEnd(16))
  return [channelId, seq, 0, uuid, uuid, null, 0, 'Ada', text, null, '', 1, 2, 3]
}

const span = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

test.each([
  ['the newest', { limit: 3 }, span(8, 10), 8, 10, true],
  ['all', { limit: 50 }, span(1, 10), 1, 10, false],
  ['before one', { before: 4, limit: 2 }, span(2, 3), 2, 3, true],
  ['before one, to the beginning', { before: 4, limit: 3 }, span(1, 3), 1, 3, false],
  ['before the first', { before: 1, limit: 3 }, [], 0, 0, false],
  ['before one that is to come', { before: 99, limit: 2 }, span(9, 10), 9, 10, true],
  ['after none', { after: 0, limit: 4 }, span(1, 4), 1, 4, true],
  ['after one, to the end', { after: 7, limit: 3 }, span(8, 10), 8, 10, false],
  ['after the last', { after: 10, limit: 3 }, [], 11, 10, false],
  ['after one that is to come', { after: 12, limit: 3 }, [], 13, 12, false],
])('%s', async (_what, question, seqs, first, last, hasMore) => {
  const piece = await readPiece(mysql, { channel: 'ten', ...question })
  expect(piece).toMatchObject({ channel: 'ten', epoch: 'epoch-of-ten', first, last, head: 10, hasMore })
  expect(piece.entries.map(({ seq }) => seq)).toEqual(seqs)
})

test('an unknown channel is empty and has no epoch', async () => {
  const piece = await readPiece(mysql, { channel: 'nobody', limit: 50 })
  expect(piece).toEqual({ channel: 'nobody', epoch: null, entries: [], first: 0, last: 0, head: 0, hasMore: false })
})

test('a channel that was begun anew is empty and has its epoch', async () => {
  const piece = await readPiece(mysql, { channel: 'empty', limit: 50 })
  expect(piece).toMatchObject({ epoch: 'epoch-of-empty', entries: [], first: 0, last: 0, head: 0, hasMore: false })
})

test('a piece fits into a frame of 512 KiB, keeps the end that was asked for, and says that there is more', async () => {
  const newest = await readPiece(mysql, { channel: 'long', limit: 500 })
  const before = await readPiece(mysql, { channel: 'long', before: 500, limit: 200 })
  const onwards = await readPiece(mysql, { channel: 'long', after: 0, limit: 500 })
  for (const piece of [newest, before, onwards]) {
    expect(Buffer.byteLength(JSON.stringify(piece))).toBeLessThanOrEqual(512 * 1024)
    expect(piece.entries.length).toBeGreaterThan(100)
    expect(piece.entries.map(({ seq }) => seq)).toEqual(span(piece.first, piece.last))
    expect(piece.hasMore).toBe(true)
  }
  expect([newest.last, before.last]).toEqual([500, 499])
  expect(onwards.first).toBe(1)
})

test.each(['a', '"', 'é', '日', '👩🏽'])(
  'a piece has as many entries as fit, whatever their texts are made of: %s',
  (letter) => {
    for (const count of [10, 100, 200, 300, 400, 500]) {
      const text = letter.repeat(count)
      const post = { id: 'i', clientId: 'i', channel: 'c', author: 'Ada', text, mentions: [text], links: [text] }
      const times = { createdAt: 1, reviewedAt: 2, storedAt: 3 }
      const entries = span(1, 200).map((seq) => ({ seq, kind: 'post' as const, post: { ...post, ...times } }))
      const [newest, oldest] = [undefined, 0].map((after) => {
        const piece = pieceOf({ channel: 'c', epoch: 'e', head: 200 }, entries, after)
        const bytes = Buffer.byteLength(JSON.stringify(piece))
        expect(bytes).toBeLessThanOrEqual(512 * 1024)
        const isWhole = piece.entries.length === 200
        expect(piece.hasMore).toBe(!isWhole)
        if (!isWhole) expect(bytes + Buffer.byteLength(JSON.stringify(entries[199]))).toBeGreaterThan(511 * 1024)
        return piece
      })
      expect([newest!.last, oldest!.first]).toEqual([200, 1])
    }
  },
)

test.each([
  ['the newest', { limit: 3 }],
  ['before one', { before: 250, limit: 3 }],
  ['after one', { after: 250, limit: 3 }],
])('of a long channel the server reads what is asked for alone: %s', async (_what, question) => {
  // One connection, so that the server counts what this session reads.
  await using alone = await openMysql({ url, connections: 1, log: pino({ level: 'silent' }) })
  const before = await rowsRead(alone)
  expect((await readPiece(alone, { channel: 'long', ...question })).entries).toHaveLength(3)
  expect((await rowsRead(alone)) - before).toBeLessThan(30)
})

test('the newest piece ends where its channel does, also while somebody writes', async () => {
  await fill(4, 'written', 0, '', 0)
  let writing = true
  const writer = (async () => {
    for (let seq = 1; seq <= 200; seq++) {
      await mysql.transaction(async (query) => {
        await query('UPDATE channels SET last_seq = ? WHERE id = 4', [seq])
        await query(`INSERT INTO entries (${columns}) VALUES (?)`, [rowOf(4, 'written', seq, 'x')])
      })
    }
  })().finally(() => {
    writing = false
  })
  while (writing) {
    const { entries, head } = await readPiece(mysql, { channel: 'written', limit: 3 })
    expect(entries.at(-1)?.seq ?? 0).toBe(head)
  }
  await writer
})

test('positions come in the order of the question, also of channels that nobody knows', async () => {
  expect(await readPositions(mysql, ['nobody', 'long', 'ten'])).toEqual([
    { channel: 'nobody', epoch: null, last: 0 },
    { channel: 'long', epoch: 'epoch-of-long', last: 500 },
    { channel: 'ten', epoch: 'epoch-of-ten', last: 10 },
  ])
  expect(await readPositions(mysql, [])).toEqual([])
})

test('channels that changed since are found, the latest first, as many as asked for', async () => {
  const names = async (since: number, most: number) =>
    (await readChangedPositions(mysql, since, most)).map(({ channel }) => channel)
  expect(await names(1_000, 10)).toEqual(['long', 'ten'])
  expect(await names(1_001, 10)).toEqual(['long'])
  expect(await names(0, 1)).toEqual(['long'])
})
