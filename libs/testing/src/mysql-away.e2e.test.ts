import { randomUUID } from 'node:crypto'
import type { Ground } from '@parvis/stack/ground'
import { startWall, type Wall } from '@parvis/stack/supervise'
import { cuttableProxy } from './cuttable-proxy.ts'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { newClientId } from './live-client.ts'
import { storedPosts } from './stored-posts.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// MySQL alone is away, for all processes at once.

const resources = new AsyncDisposableStack()
let ground: Ground
let mysql: Awaited<ReturnType<typeof cuttableProxy>>
let wall: Wall
let near = ''
let far = ''
let dbWriter = ''
/** Those that MySQL's absence leaves nothing to do. */
let workers: string[] = []

beforeAll(async () => {
  const made = resources.use(await freshGround())
  ground = made
  mysql = resources.use(await cuttableProxy(made.servers.mysql.url))
  wall = resources.use(
    await startWall({
      servers: { ...made.servers, mysql: { url: mysql.url } },
      log: () => {},
      env: { ...process.env, REDIS_PREFIX: made.redisPrefix },
      counts: { gateway: 2 },
      restart: false,
    }),
  )
  near = wall.gateways[0]!.url
  far = wall.gateways[1]!.url
  const { 'db-writer': writers, 'cache-worker': cachers, 'message-store': stores } = wall.services
  workers = [...writers, ...cachers, ...stores].map(({ url }) => url)
  dbWriter = writers[0]!.url
})

afterAll(() => resources.disposeAsync())

const ready = (process: string) => call(`${process}/health/ready`, 'GET')
const post = (gateway: string, token: string, body: object) => call(`${gateway}/posts`, 'POST', { token, body })
const numbered = (texts: string[]) => texts.map((text, index) => ({ seq: index + 1, text }))

/** Takes MySQL away until disposal, when all who lean on it have seen that it is gone, and then that it is back. */
async function withoutMysql(): Promise<AsyncDisposable> {
  const seen = (all: string[], state: string) =>
    eventually(async () => {
      const states = await Promise.all(all.map(async (process) => (await ready(process)).body.checks.mysql))
      expect(states).toEqual(all.map(() => state))
    })
  mysql.cut()
  await seen([near, far], 'degraded')
  await seen(workers, 'down')
  return {
    async [Symbol.asyncDispose]() {
      mysql.mend()
      await seen([near, far, ...workers], 'up')
    },
  }
}

test('gateways are degraded and in service, those that do nothing without it are down; all are up again afterwards', async () => {
  const states = () =>
    Promise.all(
      [near, far, ...workers].map(async (process) => {
        const { status, body } = await ready(process)
        return [status, body.status]
      }),
    )
  const degraded = [200, 'degraded']
  const down = [503, 'down']
  {
    await using _away = await withoutMysql()
    expect(await states()).toEqual([degraded, degraded, down, down, down])
  }
  await eventually(async () => expect(new Set((await states()).flat())).toEqual(new Set([200, 'up'])))
})

test('tokens that are there go on posting; what was accepted is on the wall once, in order, when MySQL is back', async () => {
  const channel = 'no-mysql'
  // Of these gateways one knows the session, and the other has only the token's word for it.
  const token = await tokenOf(near, 'Poster')
  using reader = await openReader(far, channel)
  const texts = Array.from({ length: 20 }, (_, n) => `${n}`)
  {
    await using _away = await withoutMysql()
    for (const [n, text] of texts.entries()) {
      const body = { text, channel, id: newClientId() }
      const [one, other] = n % 2 ? [near, far] : [far, near]
      const accepted = await post(one, token, body)
      expect(accepted).toMatchObject({ status: 202, body: { status: 'accepted', clientId: body.id } })
      expect(accepted.body.durable).toBeUndefined()
      // A client that did not hear the answer.
      expect((await post(other, token, body)).body.id).toBe(accepted.body.id)
    }
    expect(reader.entries).toEqual([])
  }
  await eventually(() =>
    expect(reader.entries.map(({ seq, post: { text } }) => ({ seq, text }))).toEqual(numbered(texts)),
  )
  expect(await storedPosts(ground, channel)).toEqual(numbered(texts))
  expect(reader.faults).toEqual([])
})

test('the newest page goes on being answered from memory', async () => {
  const token = await tokenOf(near, 'Reader')
  const page = (gateway: string) => call(`${gateway}/posts?channel=page`, 'GET')
  await post(near, token, { text: 'before', channel: 'page' })
  for (const gateway of [near, far])
    await eventually(async () => {
      const { headers, body } = await page(gateway)
      expect([headers.get('x-parvis-source'), body.head]).toEqual(['memory', 1])
    })
  await using _away = await withoutMysql()
  for (const gateway of [near, far]) {
    const { status, headers, body } = await page(gateway)
    expect([status, headers.get('x-parvis-source')]).toEqual([200, 'memory'])
    expect(body).toMatchObject({ head: 1, entries: [{ seq: 1, post: { text: 'before' } }] })
  }
})

test('choosing a pseudo, leaving and looking up a post are for later: 503 with Retry-After', async () => {
  const token = await tokenOf(near, 'Leaver')
  const refused: [string, string, object?][] = [
    ['POST', '/auth/choose-pseudo', { pseudo: 'Newcomer' }],
    ['DELETE', '/auth/session'],
    ['GET', `/posts/${randomUUID()}`],
  ]
  {
    await using _away = await withoutMysql()
    for (const [method, path, body] of refused) {
      const answer = await call(`${near}${path}`, method, { token, body })
      expect({ path, ...answer }).toMatchObject({ path, status: 503, body: { code: 'not-available' } })
      expect(answer.headers.get('retry-after')).toBe('2')
    }
  }
  // Whoever could not leave is still there, and may now.
  const validate = () => call(`${near}/auth/validate-session`, 'GET', { token })
  expect(await validate()).toMatchObject({ status: 200, body: { pseudo: 'Leaver' } })
  expect((await call(`${near}/auth/session`, 'DELETE', { token })).status).toBe(204)
})

test('posts that an operator puts are answered with 503 and their ids, and are on the wall once when MySQL is back', async () => {
  const channel = 'put'
  const posts = ['one', 'two'].map((text) => {
    const id = randomUUID()
    return { id, clientId: id, channel, author: 'Operator', text, createdAt: 1, reviewedAt: 2 }
  })
  const put = () => call(`${dbWriter}/db/posts`, 'POST', { token: wall.serviceToken, body: { posts } })
  const ids = posts.map(({ id }) => id)
  {
    await using _away = await withoutMysql()
    const answer = await put()
    expect(answer).toMatchObject({ status: 503, body: { code: 'not-available', ids } })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  const stored = () => storedPosts(ground, channel)
  await eventually(async () => expect(await stored()).toEqual(numbered(['one', 'two'])))
  expect(await put()).toMatchObject({ status: 201, body: { status: 'stored', ids } })
  expect(await stored()).toEqual(numbered(['one', 'two']))
})
