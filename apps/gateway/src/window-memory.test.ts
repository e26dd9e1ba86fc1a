import type { Ground } from '@parvis/stack/ground'
import { type Cache, openRedis } from '@parvis/storage/redis'
import { windowKeys, writeWindow } from '@parvis/storage/window'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { pino } from 'pino'
import { createChannels } from './channels.ts'
import { createReadPage } from './read-page.ts'
import { Subscription } from './subscription.ts'
import { broadcastOf, entryOf, scriptedWall } from './testing/scripted-wall.ts'

// A cold gateway on a real Redis: what it reads of a window, when, and without asking MySQL.

const log = pino({ level: 'silent' })
const resources = new AsyncDisposableStack()
let ground: Ground
let cache: Cache

beforeAll(async () => {
  const made = resources.use(await freshGround())
  ground = made
  // On a loaded machine too it is Redis that answers here.
  cache = resources.use(openRedis({ url: made.servers.redis.url, log, commandMs: 10_000 }))
  await eventually(() => expect(cache.up()).toBe(true))
})
afterAll(() => resources.disposeAsync())

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)
/** A gateway whose `wall` has a window of these entries; MySQL is as the scripted wall says, and its questions are kept. */
async function coldGateway(first: number, last: number, text?: string) {
  const prefix = `${ground.redisPrefix}${first}-${last}-${crypto.randomUUID()}:`
  const keys = windowKeys(prefix, 'wall')
  const run = from(first, last).map((seq) => ({ seq, json: JSON.stringify(entryOf(seq, text)) }))
  await writeWindow(cache.redis, keys, 'e1', run, 'replace')
  const wall = scriptedWall({ posts: last, ...(text !== undefined && { text }) })
  const { ask, questions } = wall
  const channels = createChannels({ ask, cache, prefix, log })
  channels.onUp()
  const readPage = createReadPage({ channels, ask, cache, limits: { read: () => {} }, prefix })
  const page = async (question: { before?: number; after?: number; limit?: number } = {}) => {
    const { source, stale, ...read } = await readPage.read({ channel: 'wall', limit: 50, ...question }, '127.0.0.1')
    const { entries, ...numbers } = read.body ? JSON.parse(read.body.toString()) : read.page
    const seqs = entries.map(({ seq }: { seq: number }) => seq)
    return { source, ...(stale && { stale }), seqs, numbers, text: read.body?.toString() }
  }
  return { keys, channels, ask, questions, page, wall }
}

test('the newest page is spliced of what Redis has, and is what would have been encoded', async () => {
  const { page, channels, questions } = await coldGateway(101, 600)
  const { text, ...read } = await page()
  const numbers = { channel: 'wall', epoch: 'e1', first: 551, last: 600, head: 600, hasMore: true }
  expect(read).toEqual({ source: 'redis', seqs: from(551, 600), numbers })
  const { channel, epoch, ...rest } = numbers
  const entries = from(551, 600).map((seq) => entryOf(seq))
  expect(text).toBe(JSON.stringify({ channel, epoch, entries, ...rest }))
  expect((await page()).source).toBe('memory')
  expect(channels.open('wall').memory.entries).toEqual(entries)
  expect(questions).toEqual([])
})

test('what is older comes from the window once somebody wants it, and is in memory then', async () => {
  const { page, questions } = await coldGateway(101, 600)
  await page()
  expect(await page({ before: 551 })).toMatchObject({ source: 'redis', seqs: from(501, 550) })
  expect(await page({ before: 151 })).toMatchObject({ source: 'memory', seqs: from(101, 150) })
  expect(await page({ after: 560, limit: 3 })).toMatchObject({ source: 'memory', seqs: [561, 562, 563] })
  expect(questions).toEqual([])
  expect(await page({ before: 101 })).toMatchObject({ source: 'mysql', seqs: from(51, 100) })
})

test('a broadcast that comes while older entries are read is kept', async () => {
  const { page, channels } = await coldGateway(101, 600)
  await page()
  const channel = channels.open('wall')
  const deepening = channels.deepen(channel)
  channels.onUpdated(...broadcastOf('e1', [entryOf(601)]))
  await deepening
  expect(channel.memory.entries.map(({ seq }) => seq)).toEqual(from(102, 601))
  expect((await page()).seqs).toEqual(from(552, 601))
})

test.each([
  ['of another epoch', (keys: string[]) => cache.redis.hset(keys[1]!, 'epoch', 'e2')],
  ['with a hole', (keys: string[]) => cache.redis.zremrangebyscore(keys[0]!, 300, 300)],
  ['that nobody vouches for', (keys: string[]) => cache.redis.del(keys[2]!)],
])('a window %s adds nothing to a memory: MySQL is asked', async (_what, spoil) => {
  const { page, keys } = await coldGateway(101, 600)
  await page()
  await spoil(keys)
  expect(await page({ before: 551 })).toMatchObject({ source: 'mysql', seqs: from(501, 550) })
})

test('a window that nobody vouches for is served, marked stale, when nobody who knows MySQL answers either', async () => {
  const { page, keys, channels, wall, questions } = await coldGateway(101, 600)
  channels.onDown()
  expect(await page()).toMatchObject({ source: 'redis', seqs: from(551, 600) })
  await cache.redis.del(keys[2]!)
  expect(await page()).toMatchObject({ source: 'mysql' })
  wall.away = true
  const stale = { source: 'redis', stale: true }
  expect(await page()).toMatchObject({ ...stale, seqs: from(551, 600) })
  expect(await page({ before: 151 })).toMatchObject({ ...stale, seqs: from(101, 150) })
  expect(questions).toHaveLength(3)
  // What the window does not have whole is not made up of what it has.
  const refused = { name: 'Refusal', problem: { code: 'not-available', status: 503, retryAfterS: 1 } }
  await expect(page({ before: 150 })).rejects.toMatchObject(refused)
  await cache.redis.del(...keys)
  await expect(page()).rejects.toMatchObject(refused)
})

test('a page that would be over 512 KiB is cut at its far end, the same from Redis, memory and MySQL', async () => {
  const { page, keys, channels, questions } = await coldGateway(1, 300, 'é'.repeat(2_048))
  const pages = async () => [
    await page({ limit: 200 }),
    await page({ before: 290, limit: 200 }),
    await page({ after: 20, limit: 200 }),
  ]
  channels.onDown()
  const inRedis = await pages()
  const count = inRedis[0]!.seqs.length
  expect(count).toBeGreaterThan(100)
  expect(count).toBeLessThan(128)
  expect(inRedis).toMatchObject([
    { source: 'redis', seqs: from(301 - count, 300), numbers: { first: 301 - count, last: 300, hasMore: true } },
    { source: 'redis', seqs: from(290 - count, 289), numbers: { first: 290 - count, last: 289, hasMore: true } },
    { source: 'redis', seqs: from(21, 20 + count), numbers: { first: 21, last: 20 + count, hasMore: true } },
  ])
  expect(questions).toEqual([])
  await cache.redis.del(keys[2]!)
  expect(await pages()).toEqual(inRedis.map((read) => ({ ...read, source: 'mysql' })))
  channels.onUp()
  await page()
  expect(await pages()).toEqual(inRedis.map((read) => ({ ...read, source: 'memory' })))
})

test('a newest page in Redis that is over 512 KiB, which nobody who checks posts can have put there, is not passed on', async () => {
  const { page } = await coldGateway(1, 50, 'a'.repeat(20_000))
  const { source, seqs, text } = await page()
  expect(source).toBe('mysql')
  expect(text!.length).toBeLessThanOrEqual(512 * 1024)
  expect(seqs).toEqual(from(51 - seqs.length, 50))
})

test('a reader that resumes from before the newest page gets what it missed from Redis', async () => {
  const { channels, ask, questions } = await coldGateway(101, 600)
  const seqs: number[] = []
  const write = (frame: Buffer) => {
    const { entries } = JSON.parse(frame.subarray(frame.indexOf('{')).toString())
    seqs.push(...entries.map(({ seq }: { seq: number }) => seq))
  }
  const outlet = { send: () => {}, write, unsentBytes: () => 0, signal: new AbortController().signal }
  const where = { channel: 'wall', after: 400, epoch: 'e1' }
  new Subscription({ channels, ask, behind: new Set() }, outlet, where).start()
  await eventually(() => expect(seqs).toEqual(from(401, 600)))
  expect(questions).toEqual([])
})
