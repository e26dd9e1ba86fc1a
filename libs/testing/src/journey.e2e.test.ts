import { startWall, type Wall } from '@parvis/stack/supervise'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { eventually } from './eventually.ts'
import { freshGround, type Ground, manage } from './fresh-ground.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// A whole wall, two gateways, on real servers.

const resources = new AsyncDisposableStack()
let ground: Ground
let wall: Wall
let near = ''
let far = ''

beforeAll(async () => {
  ground = resources.use(await freshGround())
  wall = resources.use(
    await startWall({
      servers: ground.servers,
      log: () => {},
      env: { ...process.env, REDIS_PREFIX: ground.redisPrefix },
      counts: { gateway: 2 },
    }),
  )
  near = wall.gateways[0]!.url
  far = wall.gateways[1]!.url
}, 120_000)

afterAll(() => resources.disposeAsync(), 60_000)

const texts = (entries: { post: { text: string } }[]) => entries.map(({ post }) => post.text)

test('a post over HTTP comes out of a socket of another gateway', async () => {
  using reader = await openReader(far, 'journey')
  const token = await tokenOf(near, 'Ada')
  const posted = await call(`${near}/posts`, 'POST', { token, body: { text: 'bonjour', channel: 'journey' } })
  expect(posted.status).toBe(202)
  expect(posted.headers.get('location')).toBe(`/posts/${posted.body.id}`)
  await eventually(() => expect(texts(reader.entries)).toEqual(['bonjour']))
  expect(reader.entries[0]).toMatchObject({ seq: 1, post: { id: posted.body.id, author: 'Ada', channel: 'journey' } })
  await eventually(async () => {
    const found = await call(`${far}/posts/${posted.body.id}`, 'GET')
    expect(found.body).toMatchObject({ status: 'stored', seq: 1, text: 'bonjour' })
  })
})

test('the same client id from the same session is the same post on any gateway', async () => {
  const token = await tokenOf(near, 'Bob')
  const body = { text: 'once', channel: 'once', id: '01890000-0000-7000-8000-000000000001' }
  const first = await call(`${near}/posts`, 'POST', { token, body, headers: { prefer: 'wait=10' } })
  const again = await call(`${far}/posts`, 'POST', { token, body, headers: { prefer: 'wait=10' } })
  expect([first.status, again.status]).toEqual([201, 201])
  expect(again.body).toEqual(first.body)
  const other = await call(`${far}/posts`, 'POST', {
    token,
    body: { ...body, text: 'twice' },
    headers: { prefer: 'wait=10' },
  })
  expect(other).toMatchObject({ status: 409, body: { code: 'id-used' } })
  const page = await call(`${near}/posts?channel=once`, 'GET')
  expect(texts(page.body.entries)).toEqual(['once'])
})

test('a post that review refuses is told to its author, and remembered', async () => {
  using reader = await openReader(far, 'refused')
  const token = await tokenOf(far, 'Carl')
  reader.send({ type: 'session.open', token })
  const text = 'http://a.example http://b.example http://c.example http://d.example http://e.example http://f.example'
  const id = '01890000-0000-7000-8000-000000000002'
  reader.send({ type: 'post.create', id, channel: 'refused', text })
  const rejected = await eventually(() => {
    const frame = reader.frames.find(({ type }) => type === 'post.rejected')
    expect(frame).toMatchObject({ id, code: 'too-many-links' })
    return frame
  })
  await eventually(async () => {
    const found = await call(`${near}/posts/${rejected.postId}`, 'GET')
    expect(found.body).toMatchObject({ status: 'refused', code: 'too-many-links' })
  })
})

test.each([
  ['an empty text', { text: ' ' }, 422, 'text-empty', 'text'],
  ['a text of 501 graphemes', { text: 'é'.repeat(501) }, 422, 'text-too-long', 'text'],
  ['a bidi override', { text: 'a\u202eb' }, 422, 'text-not-fit', 'text'],
  ['a lone surrogate', '{"text":"\\ud800"}', 422, 'text-not-fit', 'text'],
  ['a number for a text', { text: 5 }, 422, 'value-not-fit', 'text'],
  ['no text', {}, 422, 'value-not-fit', 'text'],
  ['an unknown field', { text: 'a', colour: 'red' }, 422, 'value-not-fit', 'colour'],
  ['a channel with a blank', { text: 'a', channel: 'a b' }, 422, 'channel-not-fit', 'channel'],
  ['bad JSON', '{"text":', 400, 'malformed-json', undefined],
  ['a body over 16 KiB', { text: 'a'.repeat(17_000) }, 413, 'body-too-large', undefined],
])('%s is refused with its code and field', async (_what, body, status, code, field) => {
  const token = await tokenOf(near, `Dora ${code} ${Math.random().toString(36).slice(2, 8)}`.slice(0, 28))
  const answer = await call(`${near}/posts`, 'POST', { token, body })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(answer.body).toMatchObject({ code, ...(field && { field }) })
})

test('a pseudo is unique on all gateways, also against a look-alike', async () => {
  await tokenOf(near, 'scope')
  const same = await call(`${far}/auth/choose-pseudo`, 'POST', { body: { pseudo: 'SCOPE' } })
  expect(same).toMatchObject({ status: 409, body: { code: 'pseudo-taken' } })
  expect(same.body.suggestion).toMatch(/^SCOPE\d+$/)
  // All Cyrillic, so one script, but drawn like the Latin one.
  const alike = await call(`${far}/auth/choose-pseudo`, 'POST', { body: { pseudo: 'ѕсоре' } })
  expect(alike.status).toBe(409)
  const mixed = await call(`${far}/auth/choose-pseudo`, 'POST', { body: { pseudo: 'sсope' } })
  expect(mixed).toMatchObject({ status: 422, body: { code: 'pseudo-not-fit' } })
})

test('a message published by hand is on the wall, marked; a malformed one is parked with its reason', async () => {
  using reader = await openReader(near, 'by-hand')
  const vhost = new URL(ground.servers.rabbitmq.url).pathname.slice(1)
  const publish = (payload: string) =>
    manage(ground.servers, 'POST', `/api/exchanges/${vhost}/wall.commands/publish`, {
      properties: {},
      routing_key: 'post.created',
      payload,
      payload_encoding: 'string',
    })
  await publish('{"text": 5}')
  await publish('{"text": "from the management page", "channel": "by-hand", "author": "Ada"}')
  await eventually(() => expect(texts(reader.entries)).toEqual(['from the management page']))
  expect(reader.entries[0]?.post).toMatchObject({ via: 'broker', author: 'Ada' })
  const parked = await eventually(async () => {
    const got = await manage(ground.servers, 'POST', `/api/queues/${vhost}/parvis.parked/get`, {
      count: 10,
      ackmode: 'ack_requeue_true',
      encoding: 'auto',
    })
    expect(got).toHaveLength(1)
    return got
  })
  expect(parked).toMatchObject([
    { payload: '{"text": 5}', properties: { headers: { 'x-source-queue': 'post-worker.p0' } } },
  ])
})

test('ten writers on two gateways: every socket sees one gap-free sequence, and MySQL holds exactly that', async () => {
  const each = 50
  const readers = await Promise.all(Array.from({ length: 20 }, (_, i) => openReader(i % 2 ? near : far, 'busy')))
  const writers = await Promise.all(Array.from({ length: 10 }, (_, i) => tokenOf(i % 2 ? near : far, `writer${i}`)))
  await Promise.all(
    writers.map(async (token, i) => {
      for (let n = 0; n < each; n++) {
        const body = { text: `${i}:${n}`, channel: 'busy' }
        expect((await call(`${i % 2 ? near : far}/posts`, 'POST', { token, body })).status).toBe(202)
      }
    }),
  )
  const total = writers.length * each
  await eventually(() => expect(readers.map(({ entries }) => entries.length)).toEqual(readers.map(() => total)), 60_000)
  const [row] = await rowsOf<{ seqs: string; n: number }>(
    `SELECT COUNT(*) n, GROUP_CONCAT(e.text ORDER BY e.seq) seqs FROM entries e JOIN channels c ON c.id = e.channel_id WHERE c.name = 'busy'`,
  )
  for (const reader of readers) {
    expect(reader.faults).toEqual([])
    expect(reader.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: total }, (_, i) => i + 1))
    expect(texts(reader.entries).join(',')).toBe(row?.seqs)
    reader.socket.terminate()
  }
  for (let i = 0; i < writers.length; i++) {
    const own = texts(readers[0]!.entries).filter((text) => text.startsWith(`${i}:`))
    expect(own).toEqual(Array.from({ length: each }, (_, n) => `${i}:${n}`))
  }
}, 120_000)

test.each(['post-worker', 'db-writer', 'cache-worker'] as const)(
  'a %s that is killed while posts flow loses, doubles and reorders nothing',
  async (service) => {
    const channel = `kill-${service}`
    using reader = await openReader(near, channel)
    const token = await tokenOf(near, `killer of ${service}`)
    const victim = wall.services[service][0]!
    const sent: string[] = []
    for (let n = 0; n < 120; n++) {
      if (n === 40) {
        const back = victim.nextReady()
        victim.kill('SIGKILL')
        void back
      }
      const answer = await call(`${near}/posts`, 'POST', { token, body: { text: `${n}`, channel } })
      expect(answer.status).toBe(202)
      sent.push(`${n}`)
    }
    await eventually(() => expect(texts(reader.entries)).toEqual(sent), 30_000)
    expect(reader.faults).toEqual([])
  },
  60_000,
)

test('a gateway that is killed while posts flow loses and doubles nothing that a client sends again', async () => {
  const channel = 'kill-gateway'
  using reader = await openReader(near, channel)
  const token = await tokenOf(near, 'killer of gateways')
  const victim = wall.gateways[1]!
  for (let n = 0; n < 60; n++) {
    const back = n === 20 ? victim.nextReady() : undefined
    const id = `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`
    const send = () => call(`${far}/posts`, 'POST', { token, body: { text: `${n}`, channel, id } })
    const first = send().catch(() => undefined)
    if (back) {
      victim.kill('SIGKILL')
      await back
    }
    // As a client does: with the same id, until there is an answer.
    if ((await first)?.status !== 202) await eventually(async () => expect((await send()).status).toBe(202))
  }
  await eventually(() => expect(texts(reader.entries)).toEqual(Array.from({ length: 60 }, (_, n) => `${n}`)), 30_000)
  expect(reader.faults).toEqual([])
}, 60_000)

test('a wall.requested by hand makes every socket show the wall anew', async () => {
  const token = await tokenOf(near, 'Refresher')
  await call(`${near}/posts`, 'POST', {
    token,
    body: { text: 'again', channel: 'anew' },
    headers: { prefer: 'wait=10' },
  })
  using one = await openReader(near, 'anew')
  using other = await openReader(far, 'anew')
  await eventually(() => expect([texts(one.entries), texts(other.entries)]).toEqual([['again'], ['again']]))
  const vhost = new URL(ground.servers.rabbitmq.url).pathname.slice(1)
  await manage(ground.servers, 'POST', `/api/exchanges/${vhost}/wall.commands/publish`, {
    properties: {},
    routing_key: 'wall.requested',
    payload: '{"channels": ["anew"]}',
    payload_encoding: 'string',
  })
  for (const reader of [one, other]) {
    await eventually(() => expect(reader.frames.at(-1)).toMatchObject({ type: 'wall.snapshot', reason: 'refreshed' }))
    expect(texts(reader.entries)).toEqual(['again'])
  }
})

async function rowsOf<R>(sql: string): Promise<R[]> {
  const connection = await createConnection({ uri: ground.servers.mysql.url })
  await connection.query('SET SESSION group_concat_max_len = 1000000')
  const [rows] = await connection.query<RowDataPacket[]>(sql)
  await connection.end()
  return rows as R[]
}
