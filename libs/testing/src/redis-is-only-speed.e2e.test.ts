import { startWall, type Wall } from '@parvis/stack/supervise'
import { cuttableProxy } from './cuttable-proxy.ts'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { call, tokenOf } from './wall-client.ts'
import { unused } from './wall-under-test.ts'

// Redis changes how fast the wall reads, not what it says.

const resources = new AsyncDisposableStack()
let wall: Wall
let redis: Awaited<ReturnType<typeof cuttableProxy>>
let token = ''

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  redis = resources.use(await cuttableProxy(ground.servers.redis.url))
  wall = resources.use(
    await startWall({
      servers: { ...ground.servers, redis: { url: redis.url } },
      log: () => {},
      env: { ...process.env, REDIS_PREFIX: ground.redisPrefix },
      counts: { gateway: 2 },
    }),
  )
  token = await tokenOf(wall.gateways[0]!.url, 'Reader')
})

afterAll(() => resources.disposeAsync())

const gateway = (index: number) => wall.gateways[index]!.url
const operator = async (url: string, path: string) =>
  (await call(`${url}${path}`, 'GET', { token: wall.serviceToken })).body
const post = async (channel: string, text: string) => {
  const answer = await call(`${gateway(0)}/posts`, 'POST', {
    token,
    body: { text, channel },
    headers: { prefer: 'wait=10' },
  })
  expect(answer.status).toBe(201)
  return answer.body
}
const page = (index: number, channel: string) => call(`${gateway(index)}/posts?channel=${channel}`, 'GET')

/** The sum of a counter's series that carry this text, as /metrics tells it. */
async function counted(url: string, series: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = text
    .split('\n')
    .filter((line) => series.split(' ').every((part) => line.includes(part)) && !line.startsWith('#'))
  expect(lines.length).toBeGreaterThan(0)
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

test('a post lands in MySQL and in Redis', async () => {
  const { id, seq } = await post('both', 'in both')
  const inMysql = await operator(wall.services['db-writer'][0]!.url, '/db/posts?channel=both')
  expect(inMysql.entries).toMatchObject([{ seq, post: { id, text: 'in both' } }])
  // On a busy machine the write may be given up after 100 ms; the next look at the leases makes good for it.
  await eventually(async () => {
    const inRedis = await operator(wall.services['cache-worker'][0]!.url, '/cache/posts?channel=both')
    expect(inRedis.entries).toEqual(inMysql.entries)
  }, 30_000)
})

test('a cold gateway reads from Redis, and from MySQL only what Redis does not have', async () => {
  const worker = wall.services['cache-worker'][0]!.url
  const counts = async () => [
    await counted(worker, 'parvis_mysql_reads_total'),
    await counted(gateway(1), 'parvis_reads_total redis'),
  ]
  // On a busy machine Redis is given up after 100 ms, for writing and for reading; another channel is cold again.
  await eventually(async () => {
    const order = unused('order')
    await post(order, 'read me')
    const [mysql, redis] = (await counts()) as [number, number]
    const fromRedis = await page(1, order)
    expect(fromRedis.headers.get('x-parvis-source')).toBe('redis')
    expect(fromRedis.body.entries).toMatchObject([{ seq: 1, post: { text: 'read me' } }])
    expect((await page(1, order)).headers.get('x-parvis-source')).toBe('memory')
    expect(await counts()).toEqual([mysql, redis + 1])
  }, 30_000)
  const before = await counted(worker, 'parvis_mysql_reads_total')
  const absent = await page(1, 'nobody-posted-here')
  expect(absent).toMatchObject({ status: 200, body: { epoch: null, entries: [] } })
  expect(absent.headers.get('x-parvis-source')).toBe('mysql')
  expect(await counted(worker, 'parvis_mysql_reads_total')).toBe(before + 1)
})

test('with Redis away posting and reading go on with the same answers; when it is back it is filled again', async () => {
  await post('away', 'before')
  redis.cut()
  await eventually(async () => expect((await call(`${gateway(0)}/health/ready`, 'GET')).body.status).toBe('degraded'))
  await post('away', 'during')
  const both = await Promise.all([page(0, 'away'), page(1, 'away')])
  for (const { status, body } of both) {
    expect(status).toBe(200)
    expect(body.entries.map(({ post: { text } }: { post: { text: string } }) => text)).toEqual(['before', 'during'])
  }
  expect(both[1].headers.get('x-parvis-source')).toBe('mysql')
  redis.mend()
  await eventually(async () => {
    const inRedis = await operator(wall.services['cache-worker'][0]!.url, '/cache/posts?channel=away')
    expect(inRedis.entries).toEqual(both[0].body.entries)
  }, 25_000)
})

test('a Redis that does not answer is not taken for an empty one', async () => {
  const url = `${wall.services['cache-worker'][0]!.url}/cache/posts`
  const ask = () => call(url, 'GET', { token: wall.serviceToken })
  await eventually(async () => expect((await ask()).status).toBe(200))
  redis.freeze()
  try {
    expect(await ask()).toMatchObject({ status: 503, body: { code: 'not-available' } })
  } finally {
    redis.thaw()
  }
  await eventually(async () => expect((await ask()).status).toBe(200))
})
