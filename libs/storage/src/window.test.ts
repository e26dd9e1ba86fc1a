import type { Entry } from '@parvis/contracts/post'
import { freshGround } from '@parvis/testing/fresh-ground'
import { Redis } from 'ioredis'
import { readWindow, renewWindow, windowKeys, writeWindow } from './window.ts'

// Windows on a real Redis: what the scripts take, refuse and call a gap.

const resources = new AsyncDisposableStack()
let redis: Redis
let prefix = ''
let made = 0

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  prefix = ground.redisPrefix
  redis = resources.adopt(new Redis(ground.servers.redis.url), (client) => client.disconnect())
})

afterAll(() => resources.disposeAsync())

const freshKeys = () => windowKeys(prefix, `channel${made++}`)

function run(first: number, last: number, text = 'a') {
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const seq = first + i
    return { seq, json: JSON.stringify({ seq, kind: 'post', post: { id: `id-${seq}`, text } }) }
  })
}
const seqs = (entries: readonly Entry[] | undefined) => entries?.map(({ seq }) => seq)
const one = 'epoch-one'

async function windowOf(first: number, last: number, epoch = one) {
  const keys = freshKeys()
  expect(await writeWindow(redis, keys, epoch, run(first, last), 'replace')).toBe(last)
  return keys
}

test('a run that continues the window is added, and one that overlaps adds its tail', async () => {
  const keys = await windowOf(1, 3)
  expect(await writeWindow(redis, keys, one, run(4, 5), 'apply')).toBe(5)
  expect(await writeWindow(redis, keys, one, run(4, 7, 'other'), 'apply')).toBe(7)
  const window = await readWindow(redis, keys)
  expect(window).toMatchObject({ epoch: one, first: 1, last: 7, leased: true })
  expect(seqs(window?.entries)).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(window?.entries.map(({ post }) => post.text).join('')).toBe('aaaaaotherother')
})

test.each([
  ['a hole', 5, 6, one],
  ['another epoch', 4, 5, 'epoch-two'],
])('%s is a gap, and changes nothing', async (_what, first, last, epoch) => {
  const keys = await windowOf(1, 3)
  expect(await writeWindow(redis, keys, epoch, run(first, last), 'apply')).toBe('gap')
  expect(await readWindow(redis, keys)).toMatchObject({ epoch: one, first: 1, last: 3 })
})

test('an empty window is a gap, for the first post of a channel too: after a flush nobody knows what follows it', async () => {
  const keys = freshKeys()
  expect(await writeWindow(redis, keys, one, run(1, 1), 'apply')).toBe('gap')
  expect(await readWindow(redis, keys)).toBeUndefined()
})

test('a window that nobody vouches for is a gap, so that a repeat cannot make yesterday’s count', async () => {
  const keys = await windowOf(1, 3)
  await redis.del(keys[2])
  expect(await writeWindow(redis, keys, one, run(4, 4), 'apply')).toBe('gap')
  expect(await readWindow(redis, keys)).toMatchObject({ last: 3, leased: false })
})

test('a repeat changes nothing and does not prolong the lease', async () => {
  const keys = await windowOf(1, 3)
  await redis.pexpire(keys[2], 5_000)
  expect(await writeWindow(redis, keys, one, run(2, 3, 'other'), 'apply')).toBe(3)
  expect(await redis.pttl(keys[2])).toBeLessThanOrEqual(5_000)
  expect((await readWindow(redis, keys))?.entries[1]?.post.text).toBe('a')
})

test('an older window never replaces a newer one', async () => {
  const keys = await windowOf(1, 5)
  expect(await writeWindow(redis, keys, one, run(1, 4, 'old'), 'replace')).toBe(5)
  const window = await readWindow(redis, keys)
  expect(window?.last).toBe(5)
  expect(window?.entries[0]?.post.text).toBe('a')
})

test('an older window replaces one that claims to be newer and that nobody vouches for', async () => {
  const keys = await windowOf(1, 5)
  await redis.del(keys[2])
  expect(await writeWindow(redis, keys, one, run(1, 4), 'replace')).toBe(4)
  expect(await readWindow(redis, keys)).toMatchObject({ last: 4, leased: true })
})

test('another epoch replaces the window, however far that was', async () => {
  const keys = await windowOf(1, 5)
  expect(await writeWindow(redis, keys, 'epoch-two', run(1, 2), 'replace')).toBe(2)
  expect(await readWindow(redis, keys)).toMatchObject({ epoch: 'epoch-two', first: 1, last: 2 })
})

test('500 entries are kept, the newest', async () => {
  const keys = await windowOf(1, 500)
  expect(await writeWindow(redis, keys, one, run(501, 520), 'apply')).toBe(520)
  const window = await readWindow(redis, keys, { limit: 1_000 })
  expect(window).toMatchObject({ first: 21, last: 520 })
  expect(window?.entries).toHaveLength(500)
  expect(await redis.zcard(keys[0])).toBe(500)
})

test('a window expires after 24 h without a post, its lease after 15 s', async () => {
  const keys = await windowOf(1, 3)
  const day = 24 * 3_600_000
  for (const key of keys.slice(0, 2)) {
    const left = await redis.pttl(key)
    expect(left).toBeGreaterThan(day - 60_000)
    expect(left).toBeLessThanOrEqual(day)
  }
  const lease = await redis.pttl(keys[2])
  expect(lease).toBeGreaterThan(5_000)
  expect(lease).toBeLessThanOrEqual(15_000)
})

const renew = (keys: string[], epoch: string, last: number, readAt = Date.now()) =>
  renewWindow(redis, keys, { epoch, last, readAt })

test('a lease is renewed for 15 s where the window ends as MySQL does, and only there', async () => {
  const keys = await windowOf(1, 3)
  await redis.del(keys[2])
  expect(await renew(keys, one, 4)).toBe(false)
  expect(await renew(keys, 'epoch-two', 3)).toBe(false)
  expect(await readWindow(redis, keys)).toMatchObject({ leased: false })
  expect(await renew(keys, one, 3)).toBe(true)
  expect(await redis.pttl(keys[2])).toBeGreaterThan(10_000)
})

test('a lease counts from when MySQL was read', async () => {
  const keys = await windowOf(1, 3)
  expect(await renew(keys, one, 3, Date.now() - 5_000)).toBe(true)
  expect(await redis.pttl(keys[2])).toBeLessThanOrEqual(10_000)
  expect(await redis.pttl(keys[2])).toBeGreaterThan(5_000)
})

test('a window that has gone on since MySQL was read is left alone while its lease lives', async () => {
  const keys = await windowOf(1, 5)
  await redis.pexpire(keys[2], 5_000)
  expect(await renew(keys, one, 3)).toBe(true)
  expect(await redis.pttl(keys[2])).toBeLessThanOrEqual(5_000)
  await redis.del(keys[2])
  expect(await renew(keys, one, 3)).toBe(false)
})

test('a piece is read by its bounds, the newest first in the count', async () => {
  const keys = await windowOf(1, 20)
  expect(seqs((await readWindow(redis, keys, { limit: 3 }))?.entries)).toEqual([18, 19, 20])
  expect(seqs((await readWindow(redis, keys, { highest: 4, limit: 3 }))?.entries)).toEqual([2, 3, 4])
  expect(seqs((await readWindow(redis, keys, { lowest: 19, highest: 22 }))?.entries)).toEqual([19, 20])
  expect(seqs((await readWindow(redis, keys, { lowest: 21 }))?.entries)).toEqual([])
})

const spoilers: [string, (keys: string[]) => Promise<unknown>][] = [
  ['text where the entries were', (keys) => redis.set(keys[0]!, 'garbage')],
  ['text where the epoch was', (keys) => redis.set(keys[1]!, 'garbage')],
  ['a last that is no number', (keys) => redis.hset(keys[1]!, 'last', 'many')],
  ['a hash without a last', (keys) => redis.hdel(keys[1]!, 'last')],
  ['entries without a hash', (keys) => redis.del(keys[1]!)],
  ['an entry that is not JSON', (keys) => spoilEntry(keys, '{"seq":2,')],
  ['an entry that is no entry', (keys) => spoilEntry(keys, '"two"')],
  ['null for an entry', (keys) => spoilEntry(keys, 'null')],
  ['a post without a text', (keys) => spoilEntry(keys, '{"seq":2,"kind":"post","post":{"id":"id-2"}}')],
  ['an entry that is missing', (keys) => redis.zremrangebyscore(keys[0]!, 2, 2)],
  ['the newest entries missing', (keys) => redis.zremrangebyscore(keys[0]!, 3, 3)],
  ['an entry too many', (keys) => redis.zadd(keys[0]!, 2.5, run(2, 2, 'double')[0]!.json)],
]

async function spoilEntry(keys: string[], json: string) {
  await redis.zremrangebyscore(keys[0]!, 2, 2)
  await redis.zadd(keys[0]!, 2, json)
}

test.each(spoilers)('%s: readers see no window, and the writer replaces it', async (_what, spoil) => {
  const keys = await windowOf(1, 3)
  await spoil(keys)
  expect(await readWindow(redis, keys)).toBeUndefined()
  expect(await renew(keys, one, 4)).toBe(false)
  await writeWindow(redis, keys, one, run(4, 4), 'apply')
  await writeWindow(redis, keys, one, run(1, 4), 'replace')
  const window = await readWindow(redis, keys)
  expect(window).toMatchObject({ epoch: one, first: 1, last: 4, leased: true })
  expect(seqs(window?.entries)).toEqual([1, 2, 3, 4])
})
