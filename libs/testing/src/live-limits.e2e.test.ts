import WebSocket from 'ws'
import { fillByHand } from './by-hand.ts'
import { eventually } from './eventually.ts'
import { newClientId, openSocket } from './live-client.ts'
import { signToken } from './sign-token.ts'
import { startTestWall, type TestWall } from './test-wall.ts'
import { call, tokenOf } from './wall-client.ts'

// What a socket may not do, and how it ends.

const HEARTBEAT_MS = 1_000
const resources = new AsyncDisposableStack()
let at: TestWall

beforeAll(async () => {
  const env = {
    HEARTBEAT_MS: String(HEARTBEAT_MS),
    ALLOWED_ORIGINS: 'https://friends.example',
    LIMITS: 'on',
    SOCKETS_PER_ADDRESS: '20',
    PROXIES: '1',
  }
  at = await startTestWall(resources, { env })
})

afterAll(() => resources.disposeAsync())

test.each([
  ['not JSON', '{"type":', 'malformed-json', undefined],
  ['not an object', '"wall.subscribe"', 'unknown-frame', 'type'],
  ['null', 'null', 'unknown-frame', 'type'],
  ['of an unknown type', '{"type":"wall.reset"}', 'unknown-frame', 'type'],
  ['of a type every object has', '{"type":"constructor"}', 'unknown-frame', 'type'],
  ['with an unknown field', '{"type":"wall.subscribe","channel":"a","limit":5}', 'value-not-fit', 'limit'],
  ['without its channel', '{"type":"wall.subscribe"}', 'value-not-fit', 'channel'],
  ['with a channel that is none', '{"type":"wall.subscribe","channel":"a b"}', 'channel-not-fit', 'channel'],
  ['with a sequence below 0', '{"type":"wall.subscribe","channel":"a","after":-1}', 'value-not-fit', 'after'],
  ['with a place that is none', '{"type":"wall.subscribe","channel":"a","after":"1:2:3"}', 'value-not-fit', 'after'],
  ['binary', Buffer.from('{"type":"wall.subscribe","channel":"a"}'), 'malformed-json', undefined],
])('a frame that is %s is a problem, and the socket goes on', async (_what, bytes, code, field) => {
  using live = await openSocket(at.near)
  live.socket.send(bytes)
  expect(await live.frame({ type: 'problem' })).toMatchObject({ code, ...(field && { field }) })
  live.send({ type: 'wall.subscribe', channel: 'on' })
  await live.frame({ type: 'wall.snapshot' })
  expect(live.frames.filter(({ type }) => type !== 'wall.position')).toHaveLength(2)
})

test('a frame over 64 KiB closes the socket with 1009; one below it does not', async () => {
  using live = await openSocket(at.near)
  live.send({ type: 'wall.subscribe', channel: 'a'.repeat(65_000) })
  await live.frame({ type: 'problem' })
  live.send({ type: 'wall.subscribe', channel: 'a'.repeat(65_536) })
  expect(await live.closed).toBe(1009)
})

test('a page of another host is closed with 1008 and not heard, unless it is allowed', async () => {
  const { port } = new URL(at.near)
  for (const origin of ['https://foe.example', 'http://friends.example', `http://foe.example:${port}`, 'null']) {
    using live = await openSocket(at.near, { origin })
    live.send({ type: 'wall.subscribe', channel: 'foe' })
    expect(await live.closed).toBe(1008)
    expect(live.frames).toEqual([])
  }
  for (const origin of ['https://friends.example', at.near]) {
    using live = await openSocket(at.near, { origin })
    expect(live.socket.readyState).toBe(WebSocket.OPEN)
  }
})

test('a socket may watch 50 channels; the 51st is refused, and allowed when one was left', async () => {
  using live = await openSocket(at.near)
  for (let n = 0; n <= 50; n++) live.send({ type: 'wall.subscribe', channel: `c${n}` })
  const refused = await live.frame({ type: 'problem' })
  expect(refused).toMatchObject({ code: 'too-many-channels', channel: 'c50', field: 'channel' })
  await eventually(() => expect(live.frames.filter(({ type }) => type === 'wall.snapshot')).toHaveLength(50))
  // Again is not one more.
  live.send({ type: 'wall.subscribe', channel: 'c0', after: 0 })
  await live.frame({ type: 'wall.updated', channel: 'c0' })
  live.send({ type: 'wall.unsubscribe', channel: 'c0' })
  live.send({ type: 'wall.subscribe', channel: 'c50' })
  await live.frame({ type: 'wall.snapshot', channel: 'c50' })
})

test('behind a proxy each address has its own sockets, whatever it says itself', async () => {
  using sockets = new DisposableStack()
  const open = (forwarded: string) => openSocket(at.near, { headers: { 'x-forwarded-for': forwarded } })
  for (let n = 0; n < 20; n++) sockets.use(await open(`10.9.9.${n}, 10.0.0.1`))
  await expect(open('10.9.9.20, 10.0.0.1')).rejects.toThrow('429')
  sockets.use(await open('10.0.0.2'))
})

test('each heartbeat tells where MySQL says that the channels end', async () => {
  const token = await tokenOf(at.far, 'Heart')
  using live = await openSocket(at.near)
  live.send({ type: 'wall.subscribe', channel: 'beat' })
  const first = await live.frame({ type: 'wall.position', channel: 'beat' })
  expect(first).toEqual({ type: 'wall.position', channel: 'beat', epoch: null, last: 0 })
  await call(`${at.far}/posts`, 'POST', { token, body: { text: 'beat', channel: 'beat' } })
  const next = await live.frame({ type: 'wall.position', channel: 'beat', last: 1 })
  expect(next.epoch).toBe((await live.frame({ type: 'wall.updated', last: 1 })).epoch)
})

test('a socket that does not answer two pings is closed with 4408; one that does stays', async () => {
  using deaf = await openSocket(at.near, { autoPong: false })
  using alive = await openSocket(at.near)
  let unanswered = 0
  let pings = 0
  deaf.socket.on('ping', () => unanswered++)
  alive.socket.on('ping', () => pings++)
  expect(await deaf.closed).toBe(4408)
  expect(unanswered).toBe(2)
  await eventually(() => expect(pings).toBeGreaterThanOrEqual(4))
  expect(alive.socket.readyState).toBe(WebSocket.OPEN)
})

test('a socket whose token expires is closed with 4401', async () => {
  const { body } = await call(`${at.near}/auth/choose-pseudo`, 'POST', { body: { pseudo: 'Mayfly' } })
  const exp = Math.floor(Date.now() / 1000) + 3
  using live = await openSocket(at.far)
  live.send({ type: 'session.open', token: signToken(at.jwtSecret, { sub: body.sessionId, pseudo: 'Mayfly', exp }) })
  expect(await live.frame({ type: 'session.opened' })).toMatchObject({ expiresAt: exp * 1000 })
  expect(await live.closed).toBe(4401)
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000)
})

test('a socket whose session goes on under another pseudo is closed with 4401; one under the new pseudo stays', async () => {
  const token = await tokenOf(at.near, 'Norma')
  using before = await openSocket(at.far)
  before.send({ type: 'session.open', token })
  await before.frame({ type: 'session.opened', pseudo: 'Norma' })
  const renamed = await call(`${at.near}/auth/choose-pseudo`, 'POST', { body: { pseudo: 'Marilyn' }, token })
  using after = await openSocket(at.far)
  after.send({ type: 'session.open', token: renamed.body.token })
  await after.frame({ type: 'session.opened', pseudo: 'Marilyn', sessionId: renamed.body.sessionId })
  expect(await before.closed).toBe(4401)
  expect(after.socket.readyState).toBe(WebSocket.OPEN)
})

test('500 posts of 4 KB come whole, in frames of at most 512 KiB', async () => {
  const text = '👩🏽'.repeat(500)
  const texts = Array.from({ length: 500 }, () => text)
  for (let from = 0; from < 500; from += 50) await fillByHand(at.ground, at.near, 'big', texts.slice(from, from + 50))
  await eventually(async () => {
    expect((await call(`${at.near}/posts?channel=big&limit=1`, 'GET')).body.head).toBe(500)
  }, 30_000)
  for (const gateway of [at.near, at.far]) {
    using live = await openSocket(gateway)
    live.send({ type: 'wall.subscribe', channel: 'big', after: 0 })
    await live.frame({ type: 'wall.updated', last: 500 })
    const seqs = live.frames.flatMap((f) => (f.entries ?? []).map((e: { seq: number }) => e.seq))
    expect(seqs).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
    expect(Math.max(...live.sizes)).toBeLessThanOrEqual(512 * 1024)
    using fresh = await openSocket(gateway)
    fresh.send({ type: 'wall.subscribe', channel: 'big' })
    expect(await fresh.frame({ type: 'wall.snapshot' })).toMatchObject({ last: 500, hasMore: true })
    expect(fresh.sizes[0]).toBeLessThanOrEqual(512 * 1024)
  }
})

test('a gateway that ends says 1001; its clients come back to exactly what they missed', async () => {
  const token = await tokenOf(at.near, 'Back')
  const post = (text: string) =>
    call(`${at.near}/posts`, 'POST', {
      token,
      body: { text, channel: 'back', id: newClientId() },
      headers: { prefer: 'wait=15' },
    })
  const { epoch } = (await post('before')).body
  using live = await openSocket(at.far)
  live.send({ type: 'wall.subscribe', channel: 'back' })
  await live.frame({ type: 'wall.snapshot', last: 1 })
  const gateway = at.wall.gateways[1]!
  const stopped = gateway.stop()
  expect(await live.closed).toBe(1001)
  await stopped
  for (const text of ['two', 'three']) await post(text)
  await gateway.start()
  using again = await openSocket(at.far)
  again.send({ type: 'wall.subscribe', channel: 'back', after: 1, epoch })
  const missed = await again.frame({ type: 'wall.updated', first: 2, last: 3 })
  expect(missed.entries.map((entry: { post: { text: string } }) => entry.post.text)).toEqual(['two', 'three'])
})
