import { cuttableProxy } from '@parvis/testing/cuttable-proxy'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { pino } from 'pino'
import { type Cache, openRedis } from './redis.ts'

// Redis that is away or silent: how long it may hold anyone up, and when it is asked again.

const lines: { msg: string; reason?: string }[] = []
const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) })
const resources = new AsyncDisposableStack()
let proxy: Awaited<ReturnType<typeof cuttableProxy>>
let cache: Cache

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  proxy = resources.use(await cuttableProxy(ground.servers.redis.url))
})
beforeEach(async () => {
  lines.length = 0
  cache = openRedis({ url: proxy.url, log })
  await eventually(() => expect(cache.up()).toBe(true))
})
afterEach(async () => {
  await eventually(() => expect(cache.up()).toBe(true))
  await cache[Symbol.asyncDispose]()
})
afterAll(() => resources.disposeAsync())

/** Pings, and counts how often Redis was really asked. */
function pinging() {
  const asked = { times: 0 }
  const ping = () =>
    cache.attempt((redis) => {
      asked.times++
      return redis.ping()
    })
  return { asked, ping }
}

test('an answer is given as it came', async () => {
  expect(await pinging().ping()).toBe('PONG')
})

test('a Redis that has become a replica is left: its name may lead to another one by now', async () => {
  const before = await cache.redis.client('ID')
  const refusing = cache.redis.eval("return redis.error_reply('READONLY You can not write against a replica.')", 0)
  await expect(refusing).rejects.toThrow('READONLY')
  await eventually(async () => expect(await cache.redis.client('ID')).not.toBe(before))
})

test('a silent Redis is given up after 100 ms, and after five times not asked any more until it may be back', async () => {
  const { asked, ping } = pinging()
  proxy.freeze()
  const begun = performance.now()
  expect(await ping()).toBeUndefined()
  expect(performance.now() - begun).toBeGreaterThan(90)
  for (let i = 0; i < 4; i++) await ping()
  expect(asked.times).toBe(5)
  // Each by the limit of a command, not by that of a silent connection.
  const reasons = lines.filter(({ msg }) => msg === 'Redis did not answer').map(({ reason }) => reason)
  expect(reasons).toEqual(Array(5).fill('Command timed out'))
  for (let i = 0; i < 100; i++) expect(await ping()).toBeUndefined()
  expect(asked.times).toBe(5)
  proxy.thaw()
  await eventually(async () => expect(await ping()).toBe('PONG'))
  expect(await ping()).toBe('PONG')
})

test('a Redis that is away is not asked, and is used again when it is back', async () => {
  const { asked, ping } = pinging()
  proxy.cut()
  await eventually(() => expect(cache.up()).toBe(false))
  expect(await ping()).toBeUndefined()
  expect(asked.times).toBe(0)
  proxy.mend()
  await eventually(async () => expect(await ping()).toBe('PONG'))
})

test('a process starts without Redis', async () => {
  proxy.cut()
  const second = openRedis({ url: proxy.url, log })
  expect(second.up()).toBe(false)
  expect(await second.attempt((redis) => redis.ping())).toBeUndefined()
  proxy.mend()
  await eventually(async () => expect(await second.attempt((redis) => redis.ping())).toBe('PONG'))
  await second[Symbol.asyncDispose]()
})
