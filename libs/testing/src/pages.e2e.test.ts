import type { Entry } from '@parvis/contracts/post'
import { fillByHand, publishByHand } from './by-hand.ts'
import { eventually } from './eventually.ts'
import { startTestWall, type TestWall } from './test-wall.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// GET /posts: the pages of a channel that is longer than memory and Redis hold.

const POSTS = 620
const resources = new AsyncDisposableStack()
let at: TestWall

beforeAll(async () => {
  at = await startTestWall(resources)
  await fillByHand(at.ground, at.near, 'long', from(1, POSTS).map(String))
})

afterAll(() => resources.disposeAsync())

function from(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
const page = (gateway: string, query = '', headers = {}) =>
  call(`${gateway}/posts?channel=long${query}`, 'GET', { headers })
const seqs = ({ body }: { body: { entries: Entry[] } }) => body.entries.map(({ seq }) => seq)

test('without a cursor it is the newest 50, ascending', async () => {
  const answer = await page(at.near)
  expect(answer.status).toBe(200)
  expect(Object.keys(answer.body)).toEqual(['channel', 'epoch', 'entries', 'first', 'last', 'head', 'hasMore'])
  expect(answer.body).toMatchObject({ channel: 'long', first: 571, last: 620, head: 620, hasMore: true })
  expect(seqs(answer)).toEqual(from(571, 620))
  expect(answer.body.entries[49]).toMatchObject({ seq: 620, kind: 'post', post: { text: '620', channel: 'long' } })
})

test.each(['before', 'after'])(
  'following %s reads the whole wall, each entry once, from both gateways',
  async (way) => {
    const read: Entry[] = []
    const sources = new Set<string | null>()
    const start = way === 'after' ? '&after=0' : ''
    for (let query = start, more = true, n = 0; more; n++) {
      const answer = await page(n % 2 ? at.near : at.far, `&limit=60${query}`)
      sources.add(answer.headers.get('x-parvis-source'))
      const { entries, first, last, epoch, hasMore } = answer.body
      expect([entries[0].seq, entries.at(-1).seq]).toEqual([first, last])
      if (way === 'after') read.push(...entries)
      else read.unshift(...entries)
      query = way === 'after' ? `&after=${epoch}:${last}` : `&before=${first}`
      more = hasMore
    }
    expect(read.map(({ seq }) => seq)).toEqual(from(1, POSTS))
    expect(read.map(({ post }) => post.text)).toEqual(from(1, POSTS).map(String))
    // What is older than the newest 500 is in MySQL alone.
    expect(sources).toContain('memory')
    expect(sources).toContain('mysql')
  },
)

test('what a cold gateway reads is from Redis, then from its memory, and older than these from MySQL', async () => {
  const sources = []
  await fillByHand(at.ground, at.near, 'cold', from(1, 510).map(String))
  // On a busy machine a write may be given up after 100 ms; the next look at the leases makes good for it.
  const window = `${at.wall.services['cache-worker'][0]!.url}/cache/posts?channel=cold`
  await eventually(async () => {
    const { body } = await call(window, 'GET', { token: at.wall.serviceToken })
    expect(body).toMatchObject({ head: 510, leased: true })
  }, 30_000)
  for (const query of ['', '', '&before=12'])
    sources.push((await call(`${at.far}/posts?channel=cold${query}`, 'GET')).headers.get('x-parvis-source'))
  expect(sources).toEqual(['redis', 'memory', 'mysql'])
})

test('a short wall.requested by hand leaves a gateway a page in memory, and what is before it in Redis', async () => {
  await fillByHand(at.ground, at.near, 'short', from(1, 120).map(String))
  const short = async (query = '') => {
    const { body, headers } = await call(`${at.near}/posts?channel=short${query}`, 'GET')
    return { source: headers.get('x-parvis-source'), first: body.first, last: body.last }
  }
  await short()
  using reader = await openReader(at.near, 'short')
  await publishByHand(at.ground, 'wall.requested', { channels: ['short'], limit: 2 })
  await eventually(() => expect(reader.frames.map(({ reason }) => reason)).toContain('refreshed'))
  expect(await short()).toEqual({ source: 'memory', first: 71, last: 120 })
  expect(await short('&before=60')).toEqual({ source: 'redis', first: 10, last: 59 })
})

test('the newest page, which is kept ready, has the headers of any other and is counted; HEAD has no body', async () => {
  const counted = async () => {
    const metrics = await (await fetch(`${at.near}/metrics`)).text()
    return Number(/^parvis_reads_total\{[^}]*source="memory"[^}]*\} (\d+)$/m.exec(metrics)?.[1])
  }
  const headersOf = ({ headers }: { headers: Headers }) =>
    Object.fromEntries(
      [...headers].filter(([name]) => !['etag', 'content-length', 'date', 'connection', 'keep-alive'].includes(name)),
    )
  const before = await counted()
  const ready = await page(at.near)
  expect(await counted()).toBe(before + 1)
  expect(headersOf(ready)).toEqual(headersOf(await page(at.near, '&limit=49')))
  const head = await fetch(`${at.near}/posts?channel=long`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  expect(headersOf(head)).toEqual(headersOf(ready))
  expect(Number(head.headers.get('content-length'))).toBe(JSON.stringify(ready.body).length)
})

test.each([
  ['limit=1', from(620, 620)],
  ['limit=200', from(421, 620)],
  ['before=11', from(1, 10)],
  ['before=1', []],
  ['before=1000', from(571, 620)],
  ['after=615', from(616, 620)],
  ['after=620', []],
  ['after=10&limit=3', from(11, 13)],
])('%s', async (query, expected) => {
  const answer = await page(at.near, `&${query}`)
  expect(answer.status).toBe(200)
  expect(seqs(answer)).toEqual(expected)
  const end = expected.at(-1) ?? 0
  expect(answer.body.hasMore).toBe(
    query.startsWith('after') ? expected.length > 0 && end < POSTS : (expected[0] ?? 1) > 1,
  )
})

test.each([
  ['limit=0', 'limit'],
  ['limit=201', 'limit'],
  ['limit=1.5', 'limit'],
  ['limit=many', 'limit'],
  ['before=-1', 'before'],
  ['after=x', 'after'],
  ['after=a:b:1', 'after'],
  ['before=5&after=3', 'after'],
  ['colour=red', 'colour'],
])('%s is refused, naming %s', async (query, field) => {
  expect(await page(at.near, `&${query}`)).toMatchObject({ status: 422, body: { code: 'value-not-fit', field } })
})

test('a cursor of another epoch is 410 with the epoch that is', async () => {
  const { epoch } = (await page(at.near)).body
  expect((await page(at.near, `&after=${epoch}:619`)).body.entries).toHaveLength(1)
  for (const cursor of ['after=other:619', 'before=other:619'])
    expect(await page(at.near, `&${cursor}`)).toMatchObject({ status: 410, body: { code: 'epoch-changed', epoch } })
})

test('a page that has not changed is 304; after a post it is another', async () => {
  const url = `${at.near}/posts?channel=etag`
  const token = await tokenOf(at.near, 'Etag')
  const send = (text: string) =>
    call(`${at.near}/posts`, 'POST', { token, body: { text, channel: 'etag' }, headers: { prefer: 'wait=15' } })
  await send('one')
  const etag = (await call(url, 'GET')).headers.get('etag')!
  const same = await call(url, 'GET', { headers: { 'if-none-match': etag } })
  expect([same.status, same.body, same.headers.get('etag')]).toEqual([304, undefined, etag])
  // A length would be that of the page (RFC 9110, 8.6).
  expect(same.headers.get('content-length')).toBeNull()
  for (const tags of [`W/${etag}`, `"another", ${etag}`, '*']) {
    expect((await call(url, 'GET', { headers: { 'if-none-match': tags } })).status).toBe(304)
  }
  await send('two')
  const changed = await call(url, 'GET', { headers: { 'if-none-match': etag } })
  expect([changed.status, changed.body.entries.length]).toEqual([200, 2])
  expect(changed.headers.get('etag')).not.toBe(etag)
})

test('a channel that nobody has posted to is empty and has no epoch; a name that is none is refused', async () => {
  const empty = await call(`${at.near}/posts?channel=nobody`, 'GET')
  expect(empty.status).toBe(200)
  expect(empty.body).toEqual({
    channel: 'nobody',
    epoch: null,
    entries: [],
    first: 0,
    last: 0,
    head: 0,
    hasMore: false,
  })
  expect((await call(`${at.near}/posts?channel=%23NoBody`, 'GET')).body.channel).toBe('nobody')
  for (const name of ['', 'a%20b', '-a', 'é', 'a'.repeat(65)]) {
    const answer = await call(`${at.near}/posts?channel=${name}`, 'GET')
    expect(answer).toMatchObject({ status: 422, body: { code: 'channel-not-fit', field: 'channel' } })
  }
})
