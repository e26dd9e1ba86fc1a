import type { Outgoing } from '@parvis/contracts/outgoing'
import type { WallRequested } from '@parvis/contracts/wall-requested'
import type { Ground } from '@parvis/stack/ground'
import { type Mysql, openMysql } from '@parvis/storage/mysql'
import { type Cache, openRedis } from '@parvis/storage/redis'
import { readWindow, windowKeys } from '@parvis/storage/window'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { makeTables } from '@parvis/testing/wall-jobs'
import { putChannel } from '@parvis/testing/wall-rows'
import { pino } from 'pino'
import { onWallRequested } from './on-wall-requested.ts'
import { createWindows } from './windows.ts'

// WallRequested → WallUpdated or WallPositions, from a real MySQL, with the window in a real Redis filled by the way.

const log = pino({ level: 'silent' })
const resources = new AsyncDisposableStack()
let ground: Ground
let mysql: Mysql
let cache: Cache
/** Statements with this value are never answered. */
let lost: string | undefined
/** Statements that reached MySQL since the test began. */
let statements = 0
let handle: (requests: readonly WallRequested[]) => Promise<Outgoing[]>

beforeAll(async () => {
  const made = resources.use(await freshGround())
  ground = made
  await makeTables(made)
  const opened = resources.use(await openMysql({ url: made.servers.mysql.url, connections: 3, log }))
  mysql = {
    ...opened,
    query: (sql, values) => {
      statements++
      if (lost !== undefined && values?.includes(lost)) return new Promise(() => {})
      return opened.query(sql, values)
    },
  }
  cache = resources.use(openRedis({ url: made.servers.redis.url, log }))
  await eventually(() => expect(cache.up()).toBe(true))
  const windows = createWindows({ mysql, cache, prefix: made.redisPrefix })
  handle = onWallRequested({ mysql, windows, log, onRead: () => {} })
  await putChannel(made.servers.mysql.url, 'wall', 2)
  await putChannel(made.servers.mysql.url, 'long', 600)
})
beforeEach(() => {
  statements = 0
  lost = undefined
})
afterAll(() => resources.disposeAsync())

const body = (message: Outgoing | undefined) => JSON.parse(String(message?.content))
const ask = async (request: WallRequested) => {
  const sent = await handle([{ requestId: 'r1', instance: 'gw', ...request }])
  return { sent, bodies: sent.map(body) }
}

test('a page: the newest entries, to the gateway that asked; the window is filled', async () => {
  const { sent, bodies } = await ask({ want: 'page', channels: ['long'], limit: 3 })
  expect(sent[0]).toMatchObject({ exchange: 'wall.updates', routingKey: 'wall.updated.gw' })
  expect(bodies[0]).toMatchObject({ requestId: 'r1', channel: 'long', first: 598, last: 600, head: 600, hasMore: true })
  expect(bodies[0].entries).toHaveLength(3)
  expect(bodies[0]).not.toHaveProperty('reason')
  const window = await readWindow(cache.redis, windowKeys(ground.redisPrefix, 'long'))
  expect(window).toMatchObject({ first: 101, last: 600, leased: true })
})

test('a page before a place', async () => {
  const { bodies } = await ask({ want: 'page', channels: ['long'], before: 100, limit: 2 })
  expect(bodies[0]).toMatchObject({ first: 98, last: 99, head: 600, hasMore: true })
})

test('a range: what follows a place, exclusive', async () => {
  const { bodies } = await ask({ want: 'range', channels: ['long'], after: 597, limit: 500 })
  expect(bodies[0]).toMatchObject({ first: 598, last: 600, head: 600, hasMore: false })
  expect(bodies[0].entries.map(({ seq }: { seq: number }) => seq)).toEqual([598, 599, 600])
})

test('positions, of channels that nobody knows too', async () => {
  const { sent, bodies } = await ask({ want: 'positions', channels: ['long', 'nobody'] })
  expect(sent[0]).toMatchObject({ routingKey: 'wall.updated.gw', type: 'wall.positions' })
  expect(bodies[0]).toMatchObject({
    requestId: 'r1',
    positions: [
      { channel: 'long', epoch: 'epoch-of-long', last: 600 },
      { channel: 'nobody', epoch: null, last: 0 },
    ],
  })
})

test('a channel that nobody has posted to is empty, with no epoch', async () => {
  const { bodies } = await ask({ channels: ['nobody'] })
  expect(bodies[0]).toMatchObject({ channel: 'nobody', epoch: null, entries: [], head: 0 })
})

test('by hand {} is enough: the wall, for everyone, to be shown anew', async () => {
  const [message, ...more] = await handle([{}])
  expect(more).toEqual([])
  expect(message).toMatchObject({ routingKey: 'wall.updated' })
  expect(body(message)).toMatchObject({ channel: 'wall', reason: 'refreshed', first: 1, last: 2 })
})

test('of one question so many channels are answered: 20 with their entries, all with their positions', async () => {
  const channels = Array.from({ length: 21 }, (_, n) => `many-${n}`)
  const pages = await handle([{ channels }])
  expect(pages.map((message) => body(message).channel)).toEqual(channels.slice(0, 20))
  const [positions] = await handle([{ want: 'positions', channels }])
  expect(body(positions).positions).toHaveLength(21)
})

test('a question that MySQL does not answer keeps no other from its answer', async () => {
  lost = 'nobody'
  const requests = ['nobody', 'long'].map((channel) => ({ instance: 'gw', channels: [channel], limit: 1 }))
  expect((await handle(requests)).map((message) => body(message).channel)).toEqual(['long'])
})

test('many who ask for the same page at once cost one reading', async () => {
  const requests = Array.from({ length: 50 }, (_, i) => ({
    requestId: `r${i}`,
    instance: `gw${i}`,
    channels: ['wall'],
  }))
  const sent = await handle(requests)
  expect(sent.map(({ routingKey }) => routingKey)).toEqual(requests.map(({ instance }) => `wall.updated.${instance}`))
  expect(sent.map((message) => body(message).requestId)).toEqual(requests.map(({ requestId }) => requestId))
  // A piece is two statements: the channel's row, and its entries.
  expect(statements).toBe(2)
})

test('a question that MySQL cannot answer costs the others of the batch nothing', async () => {
  // A statement that MySQL takes for a mistake.
  const bad = { requestId: 'bad', instance: 'gw', channels: ['wall'], want: 'range' as const, after: 0, limit: -1 }
  const sent = await handle([bad, { requestId: 'good', instance: 'gw', channels: ['wall'] }])
  expect(sent.map((message) => body(message).requestId)).toEqual(['good'])
})
