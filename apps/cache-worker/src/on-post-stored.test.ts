import { randomUUID } from 'node:crypto'
import type { Outgoing } from '@parvis/contracts/outgoing'
import type { StoredPost } from '@parvis/contracts/post-stored'
import { createThreadPool } from '@parvis/service/thread-pool'
import type { Ground } from '@parvis/stack/ground'
import { type Mysql, openMysql } from '@parvis/storage/mysql'
import { type Cache, openRedis } from '@parvis/storage/redis'
import { readWindow, windowKeys } from '@parvis/storage/window'
import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { makeTables } from '@parvis/testing/wall-jobs'
import { addPosts, putChannel } from '@parvis/testing/wall-rows'
import { pino } from 'pino'
import { onPostStored } from './on-post-stored.ts'
import { createWindows, type Windows } from './windows.ts'

// PostStored → the window in Redis → WallUpdated, on real servers; Redis behind a proxy that can be cut and frozen.

const log = pino({ level: 'silent' })
const resources = new AsyncDisposableStack()
let ground: Ground
let proxy: Awaited<ReturnType<typeof cuttableProxy>>
let mysql: Mysql
let cache: Cache
let windows: Windows
/** How often Redis was asked for something by `handle`. */
let asked = 0
let handle: (posts: readonly StoredPost[]) => Promise<Outgoing[]>

beforeAll(async () => {
  const made = resources.use(await freshGround())
  ground = made
  await makeTables(made)
  proxy = resources.use(await cuttableProxy(made.servers.redis.url))
  mysql = resources.use(await openMysql({ url: made.servers.mysql.url, connections: 3, log }))
  cache = resources.use(openRedis({ url: proxy.url, log }))
  await eventually(() => expect(cache.up()).toBe(true))
  const attempt: Cache['attempt'] = (run) =>
    cache.attempt((redis) => {
      asked++
      return run(redis)
    })
  windows = createWindows({ mysql, cache: { ...cache, attempt }, prefix: made.redisPrefix })
  const pool = resources.use(await createThreadPool<never, string>(new URL('./wire.task.ts', import.meta.url), 1_000))
  handle = onPostStored({ windows, pool: pool as never })
})
afterAll(() => resources.disposeAsync())

function stored(channel: string, seq: number, more: Partial<StoredPost> = {}): StoredPost {
  const id = randomUUID()
  const times = { createdAt: 1, reviewedAt: 2, storedAt: 3 }
  const post = { id, clientId: id, channel, author: 'Ada', text: `${channel} ${seq}`, ...times }
  return { ...post, seq, kind: 'post', epoch: `epoch-of-${channel}`, ...more }
}
const several = (channel: string, ...seqs: number[]) => seqs.map((seq) => stored(channel, seq))
const bodies = (messages: Outgoing[]) => messages.map(({ content }) => JSON.parse(String(content)))
const spans = (messages: Outgoing[]) =>
  bodies(messages).map(({ channel, first, last }) => `${channel} ${first}-${last}`)

async function inRedis(channel: string) {
  const window = await readWindow(cache.redis, windowKeys(ground.redisPrefix, channel))
  return window && { ...window, entries: window.entries.map(({ post }) => post.text) }
}

function withUser(address: string, user: string, password: string): string {
  const url = new URL(address)
  url.username = encodeURIComponent(user)
  url.password = password
  return url.href
}

/** Handles it, again where Redis was too slow and therefore skipped, until the window is like that. */
function windowAfter(posts: readonly StoredPost[], channel: string, expected: object) {
  return eventually(async () => {
    await handle(posts)
    expect(await inRedis(channel)).toMatchObject(expected)
  })
}

test('the update is a frame for everyone: the entries of the event as they are, without a hole', async () => {
  await putChannel(ground.servers.mysql.url, 'frame', 0)
  const [one, two] = several('frame', 1, 2)
  const [message] = await handle([one!, two!])
  expect(message).toMatchObject({ exchange: 'wall.updates', routingKey: 'wall.updated', mandatory: false })
  const { seq, kind, epoch, ...post } = one!
  const [body] = bodies([message!])
  expect(body).toMatchObject({ type: 'wall.updated', channel: 'frame', epoch, first: 1, last: 2 })
  expect(body.entries[0]).toEqual({ seq, kind, post })
  expect(body).not.toHaveProperty('requestId')
})

test('posts that continue the window are added; an empty window and a gap are filled from MySQL', async () => {
  const { url } = ground.servers.mysql
  await putChannel(url, 'steps', 3)
  const three = { first: 1, last: 3, entries: ['steps 1', 'steps 2', 'steps 3'] }
  await windowAfter(several('steps', 3), 'steps', three)
  // MySQL does not have it, so only the event can have brought it.
  await windowAfter(several('steps', 4), 'steps', { first: 1, last: 4 })
  await addPosts(url, 'steps', 4)
  expect(spans(await handle(several('steps', 7)))).toEqual(['steps 7-7'])
  await windowAfter(several('steps', 7), 'steps', { first: 1, last: 7, leased: true })
})

test('an event with holes goes out as runs without one; each channel and epoch by itself', async () => {
  await putChannel(ground.servers.mysql.url, 'holes', 9)
  await putChannel(ground.servers.mysql.url, 'beside', 1)
  const old = stored('holes', 4, { epoch: 'another' })
  const sent = await handle([...several('holes', 2, 9, 3), ...several('beside', 1), ...several('holes', 1), old])
  expect(spans(sent)).toEqual(['holes 1-3', 'holes 9-9', 'beside 1-1', 'holes 4-4'])
  expect(bodies(sent)[3].epoch).toBe('another')
  await windowAfter([...several('holes', 9), old], 'holes', { epoch: 'epoch-of-holes', last: 9 })
})

test('a repeat of old posts goes out again and changes the window in nothing', async () => {
  await putChannel(ground.servers.mysql.url, 'repeat', 5)
  await windowAfter(several('repeat', 5), 'repeat', { last: 5 })
  const before = await inRedis('repeat')
  expect(spans(await handle([stored('repeat', 2, { text: 'other' })]))).toEqual(['repeat 2-2'])
  expect(await inRedis('repeat')).toEqual(before)
})

test('a window that somebody spoiled is made anew', async () => {
  await putChannel(ground.servers.mysql.url, 'spoiled', 2)
  const [entries, meta] = windowKeys(ground.redisPrefix, 'spoiled')
  await cache.redis.set(entries, 'garbage')
  await cache.redis.set(meta, 'garbage')
  await windowAfter(several('spoiled', 2), 'spoiled', { last: 2, entries: ['spoiled 1', 'spoiled 2'] })
})

test('a window that Redis does not let grow is not vouched for any more, and made anew when it may', async () => {
  await putChannel(ground.servers.mysql.url, 'full', 2)
  await windowAfter(several('full', 2), 'full', { last: 2, leased: true })
  // Longer than this test, so that it cannot end by itself.
  await cache.redis.pexpire(windowKeys(ground.redisPrefix, 'full')[2], 600_000)
  // As a Redis without memory does: reads and deletes, and takes nothing.
  const [user, password] = [`${ground.redisPrefix}full`, randomUUID()]
  await using stack = new AsyncDisposableStack()
  await cache.redis.acl('SETUSER', user, 'on', `>${password}`, '~*', '+@all', '-zadd')
  stack.defer(async () => void (await cache.redis.acl('DELUSER', user)))
  const refusing = stack.use(openRedis({ url: withUser(ground.servers.redis.url, user, password), log }))
  await eventually(() => expect(refusing.up()).toBe(true))
  const others = createWindows({ mysql, cache: refusing, prefix: ground.redisPrefix })
  await eventually(async () => {
    await others.append('full', 'epoch-of-full', [{ seq: 3, json: '{}' }])
    expect(await inRedis('full')).toMatchObject({ last: 2, leased: false })
  })
  await addPosts(ground.servers.mysql.url, 'full', 1)
  await windowAfter(several('full', 3), 'full', { last: 3, leased: true })
})

test('a lease is renewed for a window that ends where MySQL does; one that does not is made anew', async () => {
  const { url } = ground.servers.mysql
  await putChannel(url, 'lease', 2)
  const lease = windowKeys(ground.redisPrefix, 'lease')[2]
  await windowAfter(several('lease', 2), 'lease', { last: 2 })
  await cache.redis.del(lease)
  await eventually(async () => {
    await windows.renew('lease', { epoch: 'epoch-of-lease', last: 2, readAt: Date.now() })
    expect(await cache.redis.pttl(lease)).toBeGreaterThan(5_000)
  })
  await addPosts(url, 'lease', 1)
  await eventually(async () => {
    await windows.renew('lease', { epoch: 'epoch-of-lease', last: 3, readAt: Date.now() })
    expect(await inRedis('lease')).toMatchObject({ last: 3, entries: ['lease 1', 'lease 2', 'lease 3'] })
  })
})

test('a channel that was begun anew loses its window', async () => {
  await putChannel(ground.servers.mysql.url, 'anew', 2)
  await windowAfter(several('anew', 2), 'anew', { last: 2 })
  await mysql.query("DELETE FROM entries WHERE channel_id = (SELECT id FROM channels WHERE name = 'anew')")
  await mysql.query("UPDATE channels SET epoch = 'next', last_seq = 0 WHERE name = 'anew'")
  await eventually(async () => {
    await windows.renew('anew', { epoch: 'next', last: 0, readAt: Date.now() })
    expect(await inRedis('anew')).toBeUndefined()
  })
})

test('with Redis silent, and then away, the update goes out all the same, and hardly ever waits for it', async () => {
  await putChannel(ground.servers.mysql.url, 'silent', 0)
  proxy.freeze()
  asked = 0
  for (let seq = 1; seq <= 200; seq++) expect(spans(await handle(several('silent', seq)))).toHaveLength(1)
  // Five times until the breaker opens, and then once a second until the connection is given up for silent, after two.
  expect(asked).toBeLessThan(10)
  proxy.thaw()
  proxy.cut()
  await eventually(() => expect(cache.up()).toBe(false))
  expect(spans(await handle(several('silent', 201)))).toEqual(['silent 201-201'])
  proxy.mend()
  await eventually(async () => expect(await cache.attempt((redis) => redis.ping())).toBe('PONG'))
})
