import type { Outgoing } from '@parvis/contracts/outgoing'
import type { Ground } from '@parvis/stack/ground'
import { type Mysql, openMysql } from '@parvis/storage/mysql'
import { type Cache, openRedis } from '@parvis/storage/redis'
import { readWindow, windowKeys } from '@parvis/storage/window'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { makeTables } from '@parvis/testing/wall-jobs'
import { addPosts, putChannel } from '@parvis/testing/wall-rows'
import { pino } from 'pino'
import { keepLeases } from './keep-leases.ts'
import { createWindows } from './windows.ts'

const log = pino({ level: 'silent' })
const resources = new AsyncDisposableStack()
let ground: Ground
let mysql: Mysql
let cache: Cache

beforeAll(async () => {
  const made = resources.use(await freshGround())
  ground = made
  await makeTables(made)
  mysql = resources.use(await openMysql({ url: made.servers.mysql.url, connections: 3, log }))
  cache = resources.use(openRedis({ url: made.servers.redis.url, log }))
  await eventually(() => expect(cache.up()).toBe(true))
})
afterAll(() => resources.disposeAsync())

test('every 10 s: windows are compared with MySQL, leases renewed before they end, and positions told to all', async () => {
  const { url } = ground.servers.mysql
  for (const name of ['quiet', 'ahead', 'old']) await putChannel(url, name, 2)
  await mysql.query("UPDATE channels SET changed_at = ? WHERE name = 'old'", [Date.now() - 3_700_000])
  const lease = windowKeys(ground.redisPrefix, 'quiet')[2]
  const windows = createWindows({ mysql, cache, prefix: ground.redisPrefix })
  /** Of the lease, when it was renewed; negative when there was none. */
  const leftMs: number[] = []
  const renew: typeof windows.renew = async (channel, position) => {
    if (channel === 'quiet') leftMs.push(await cache.redis.pttl(lease))
    await windows.renew(channel, position)
  }
  const told: Outgoing[] = []
  const publish = async (message: Outgoing) => void told.push(message)
  const window = (name: string) => readWindow(cache.redis, windowKeys(ground.redisPrefix, name))
  using _keeping = keepLeases({ mysql, windows: { ...windows, renew }, publish, log })

  await eventually(() => expect(told).toHaveLength(1))
  expect(told[0]).toMatchObject({ exchange: 'wall.updates', routingKey: 'wall.positions' })
  const positions = () => JSON.parse(String(told.at(-1)?.content)).positions
  expect(positions()).toHaveLength(2)
  expect(positions()).toContainEqual({ channel: 'ahead', epoch: 'epoch-of-ahead', last: 2 })
  await eventually(async () => expect(await window('ahead')).toMatchObject({ last: 2, leased: true }))
  expect(await window('old')).toBeUndefined()

  // Something is stored that no event tells of.
  await addPosts(url, 'ahead', 1)
  await eventually(() => expect(told.length).toBeGreaterThan(1))
  // Of the first lease 5 s are left by now.
  await eventually(async () => expect(await cache.redis.pttl(lease)).toBeGreaterThan(6_000))
  // In some round: on a machine that stands still for seconds a lease may end, and readers then ask.
  await eventually(() => expect(leftMs.some((left) => left > 0)).toBe(true), 60_000)
  expect(positions()).toContainEqual({ channel: 'ahead', epoch: 'epoch-of-ahead', last: 3 })
  await eventually(async () => expect(await window('ahead')).toMatchObject({ last: 3, leased: true }))
})

test('a round’s renewals are spread over two seconds, never more than twenty at once', async () => {
  const { url } = ground.servers.mysql
  for (let n = 0; n < 60; n++) await putChannel(url, `s-${n}`, 0)
  const renewed: { channel: string; at: number }[] = []
  let [open, most] = [0, 0]
  const windows = {
    ...createWindows({ mysql, cache, prefix: ground.redisPrefix }),
    async renew(channel: string): Promise<void> {
      most = Math.max(most, ++open)
      renewed.push({ channel, at: performance.now() })
      await cache.redis.ping()
      open--
    },
  }
  const told: Outgoing[] = []
  using _keeping = keepLeases({ mysql, windows, publish: async (message) => void told.push(message), log })
  await eventually(() => expect(told).toHaveLength(1))
  expect(new Set(renewed.map(({ channel }) => channel)).size).toBe(renewed.length)
  expect(renewed.filter(({ channel }) => channel.startsWith('s-'))).toHaveLength(60)
  expect(most).toBe(20)
  const took = renewed.at(-1)!.at - renewed[0]!.at
  expect(took).toBeGreaterThan(1_200)
})
