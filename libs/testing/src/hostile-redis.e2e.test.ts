import type { Ground } from '@parvis/stack/ground'
import { startWall, type Wall } from '@parvis/stack/supervise'
import { windowKeys } from '@parvis/storage/window'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { freshGround } from './fresh-ground.ts'
import { assertHolds, nastyText } from './hostile.ts'
import { call, tokenOf } from './wall-client.ts'

// Whatever someone has written into Redis: the wall says what MySQL says.

const resources = new AsyncDisposableStack()
let ground: Ground
let wall: Wall
let redis: Redis
let token = ''

beforeAll(async () => {
  ground = resources.use(await freshGround())
  const env = { ...process.env, REDIS_PREFIX: ground.redisPrefix }
  wall = resources.use(await startWall({ servers: ground.servers, log: () => {}, env, counts: { gateway: 2 } }))
  redis = new Redis(ground.servers.redis.url)
  resources.defer(() => redis.disconnect())
  token = await tokenOf(wall.gateways[0]!.url, 'Mallory')
})

afterAll(() => resources.disposeAsync())

type Spoil = (key: string) => Promise<unknown>
const junk = nastyText.map((text) => text.toWellFormed())
const number = fc.oneof(fc.integer().map(String), junk)
const spoils: fc.Arbitrary<Spoil> = fc.oneof(
  junk.map(
    (text): Spoil =>
      async (key) =>
        redis.set(key, text),
  ),
  junk.map(
    (text): Spoil =>
      async (key) => {
        await redis.del(key)
        return redis.lpush(key, text)
      },
  ),
  fc.tuple(fc.constantFrom('epoch', 'first', 'last', 'other'), number).map(
    ([field, text]): Spoil =>
      async (key) => {
        if ((await redis.type(key)) !== 'hash') await redis.del(key)
        return redis.hset(key, field, text)
      },
  ),
  fc.tuple(fc.integer({ min: -2, max: 600 }), junk).map(
    ([seq, text]): Spoil =>
      async (key) => {
        if ((await redis.type(key)) !== 'zset') await redis.del(key)
        return redis.zadd(key, seq, text)
      },
  ),
  fc.constant<Spoil>((key) => redis.del(key)),
)

test('a spoiled window changes no answer, and is mended by the next post', async () => {
  let count = 0
  await assertHolds(0.04, fc.array(fc.tuple(fc.nat(2), spoils), { minLength: 1, maxLength: 3 }), async (changes) => {
    const channel = `spoiled-${++count}`
    const [warm, cold] = wall.gateways.map(({ url }) => url)
    const post = async (text: string) => {
      const body = { text, channel }
      const { status } = await call(`${warm}/posts`, 'POST', { token, body, headers: { prefer: 'wait=20' } })
      expect(status).toBe(201)
    }
    await post('one')
    await post('two')
    for (const [key, spoil] of changes) {
      // The cache-worker may write in between; then this try spoils nothing.
      await spoil(windowKeys(ground.redisPrefix, channel)[key]!).catch((error: Error) => {
        if (!error.message.startsWith('WRONGTYPE')) throw error
      })
    }
    const read = async () => {
      const { status, body } = await call(`${cold}/posts?channel=${channel}`, 'GET')
      expect(status).toBe(200)
      return body.entries.map((entry: { seq: number; post: { text: string } }) => [entry.seq, entry.post.text])
    }
    expect(await read()).toEqual([
      [1, 'one'],
      [2, 'two'],
    ])
    await post('three')
    const worker = wall.services['cache-worker'][0]!.url
    const held = await call(`${worker}/cache/posts?channel=${channel}`, 'GET', { token: wall.serviceToken })
    expect(held.body.entries.map(({ post }: { post: { text: string } }) => post.text)).toEqual(['one', 'two', 'three'])
  })
}, 600_000)
