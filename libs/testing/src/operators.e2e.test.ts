import { randomUUID } from 'node:crypto'
import { startWall, type Wall } from '@parvis/stack/supervise'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { call, openReader } from './wall-client.ts'

// What operators have: what MySQL and Redis hold, a way to put posts there and to fill Redis again.

const resources = new AsyncDisposableStack()
let wall: Wall
let db = ''
let cache = ''

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  const env = { ...process.env, REDIS_PREFIX: ground.redisPrefix }
  wall = resources.use(await startWall({ servers: ground.servers, log: () => {}, env }))
  db = `${wall.services['db-writer'][0]!.url}/db/posts`
  cache = `${wall.services['cache-worker'][0]!.url}/cache/posts`
})
afterAll(() => resources.disposeAsync())

const get = (url: string) => call(url, 'GET', { token: wall.serviceToken })
const put = (url: string, body: unknown) => call(url, 'POST', { token: wall.serviceToken, body })
function post(channel: string, text: string, more: object = {}) {
  const id = randomUUID()
  return { id, clientId: id, channel, author: 'Operator', text, createdAt: 1, reviewedAt: 2, ...more }
}

test('posts that are put take the road of all: stored, cached, on every socket', async () => {
  using reader = await openReader(wall.gateways[0]!.url, 'put')
  const posts = Array.from({ length: 10 }, (_, i) => post('#Put', `text ${i + 1}`))
  const answer = await put(db, { posts })
  expect(answer).toMatchObject({ status: 201, body: { status: 'stored', ids: posts.map(({ id }) => id) } })
  await eventually(() => expect(reader.entries.map((entry) => entry.post.text)).toEqual(posts.map(({ text }) => text)))
  const inMysql = await get(`${db}?channel=put`)
  expect(inMysql.body).toEqual((await get(`${wall.gateways[0]!.url}/posts?channel=put`)).body)
  await eventually(async () => expect((await get(`${cache}?channel=put`)).body).toMatchObject(inMysql.body))
  // Again: the same posts, so nothing new.
  expect((await put(db, { posts })).status).toBe(201)
  expect((await get(`${db}?channel=put`)).body).toEqual(inMysql.body)
})

test('the author of a post that is put is stored in its one spelling', async () => {
  const one = post('spelling', 'a', { author: '  Ada   L ' })
  await put(db, { posts: [one] })
  expect((await get(`${db}?channel=spelling`)).body.entries).toMatchObject([{ post: { author: 'Ada L' } }])
})

test('both page as GET /posts does', async () => {
  await put(db, { posts: Array.from({ length: 9 }, (_, i) => post('pages', `${i + 1}`)) })
  const { epoch } = (await get(`${db}?channel=pages`)).body
  await put(cache, { channel: 'pages' })
  for (const question of [
    'limit=3',
    'limit=200',
    'before=4&limit=2',
    'before=1',
    'before=99&limit=2',
    'after=0&limit=4',
    'after=7',
    'after=9',
    'after=12',
    `before=${epoch}:4&limit=2`,
    `after=${epoch}:7`,
  ]) {
    const expected = (await get(`${wall.gateways[0]!.url}/posts?channel=pages&${question}`)).body
    expect((await get(`${db}?channel=pages&${question}`)).body).toEqual(expected)
    expect((await get(`${cache}?channel=pages&${question}`)).body).toEqual({ ...expected, leased: true })
  }
  for (const url of [db, cache]) {
    expect(await get(`${url}?channel=pages&after=other:1`)).toMatchObject({
      status: 410,
      body: { code: 'epoch-changed' },
    })
    expect((await get(`${url}?channel=nobody`)).body).toMatchObject({ epoch: null, entries: [], head: 0 })
  }
})

test('a page of long posts is cut to 512 KiB alike, wherever it is read', async () => {
  const gateway = `${wall.gateways[0]!.url}/posts`
  const text = '👩🏽'.repeat(500)
  const counts: number[] = []
  for (let n = 0; n < 300; n += 100) await put(db, { posts: Array.from({ length: 100 }, () => post('long', text)) })
  await eventually(async () => expect((await get(`${cache}?channel=long`)).body.head).toBe(300))
  for (const question of ['limit=200', 'before=290&limit=200', 'after=20&limit=200', 'after=290&limit=200']) {
    const inMysql = await get(`${db}?channel=long&${question}`)
    expect(Buffer.byteLength(JSON.stringify(inMysql.body))).toBeLessThanOrEqual(512 * 1024)
    expect((await get(`${cache}?channel=long&${question}`)).body).toEqual({ ...inMysql.body, leased: true })
    // Once for the gateway to have the channel in memory.
    await get(`${gateway}?channel=long&${question}`)
    const inMemory = await get(`${gateway}?channel=long&${question}`)
    expect(inMemory.headers.get('x-parvis-source')).toBe('memory')
    expect(inMemory.body).toEqual(inMysql.body)
    counts.push(inMysql.body.entries.length)
  }
  const [most] = counts
  expect(most).toBeGreaterThan(100)
  expect(counts).toEqual([most, most, most, 10])
})

test('a channel is filled again from MySQL', async () => {
  await put(db, { posts: [post('refill', 'a'), post('refill', 'b')] })
  expect((await put(cache, { channel: 'refill' })).body).toMatchObject({
    channel: 'refill',
    first: 1,
    last: 2,
    count: 2,
  })
  expect((await get(`${cache}?channel=refill`)).body.entries).toHaveLength(2)
  expect((await put(cache, { channel: 'nobody' })).body).toMatchObject({ epoch: null, count: 0 })
})

test('without the service token nothing is shown and nothing done', async () => {
  for (const url of [db, cache]) {
    for (const method of ['GET', 'POST']) {
      const body = method === 'POST' ? { body: {} } : {}
      for (const token of [undefined, 'x'.repeat(wall.serviceToken.length)]) {
        const answer = await call(url, method, { ...body, ...(token && { token }) })
        expect(answer).toMatchObject({ status: 401, body: { code: 'service-token-invalid' } })
      }
    }
  }
})

test.each([
  ['a channel that is none', '?channel=a%20b', 'channel-not-fit', 'channel'],
  ['both cursors', '?before=3&after=1', 'value-not-fit', 'after'],
  ['a cursor that is none', '?after=-1', 'value-not-fit', 'after'],
  ['too many', '?limit=201', 'value-not-fit', 'limit'],
  ['none', '?limit=0', 'value-not-fit', 'limit'],
  ['an unknown parameter', '?page=2', 'value-not-fit', 'page'],
])('a question that does not fit is refused by both: %s', async (_what, query, code, field) => {
  for (const url of [db, cache]) {
    expect(await get(url + query)).toMatchObject({ status: 422, body: { code, field } })
  }
})

test.each([
  ['no posts', { posts: [] }, 'value-not-fit'],
  ['101 posts', { posts: Array.from({ length: 101 }, () => post('a', 'b')) }, 'value-not-fit'],
  ['an empty text', { posts: [post('a', ' ')] }, 'text-empty'],
  ['a channel that is none', { posts: [post('a b', 'b')] }, 'channel-not-fit'],
  ['a name that is too long', { posts: [post('a', 'b', { author: 'a'.repeat(200) })] }, 'pseudo-not-fit'],
  ['an unknown field', { posts: [post('a', 'b', { colour: 'red' })] }, 'value-not-fit'],
  ['a time that no date has', { posts: [post('a', 'b', { createdAt: 2 ** 53 })] }, 'value-not-fit'],
])('posts that do not fit are refused: %s', async (_what, body, code) => {
  expect(await put(db, body)).toMatchObject({ status: 422, body: { code } })
})
