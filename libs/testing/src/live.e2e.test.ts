import { fillByHand } from './by-hand.ts'
import { eventually } from './eventually.ts'
import { newClientId, openSocket } from './live-client.ts'
import { startTestWall, type TestWall } from './test-wall.ts'
import { call, tokenOf } from './wall-client.ts'

// The frames of the live protocol.

const POSTS = 620
const resources = new AsyncDisposableStack()
let at: TestWall
let token = ''

beforeAll(async () => {
  at = await startTestWall(resources)
  token = await tokenOf(at.near, 'Live')
  await fillByHand(at.ground, at.near, 'long', from(1, POSTS).map(String))
})

afterAll(() => resources.disposeAsync())

function from(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
type Live = Awaited<ReturnType<typeof openSocket>>
const seqs = ({ frames }: Live) => frames.flatMap((f) => (f.entries ?? []).map((e: { seq: number }) => e.seq))
const post = (channel: string, text: string) =>
  call(`${at.near}/posts`, 'POST', { token, body: { text, channel }, headers: { prefer: 'wait=15' } })
async function signedIn(gateway: string, as = token) {
  const live = await openSocket(gateway)
  live.send({ type: 'session.open', token: as })
  return live
}

test('session.open is answered with who it is, or with a problem', async () => {
  const chosen = (await call(`${at.near}/auth/choose-pseudo`, 'POST', { body: { pseudo: 'Opener' } })).body
  using live = await signedIn(at.far, chosen.token)
  expect(await live.frame({ type: 'session.opened' })).toEqual({
    type: 'session.opened',
    pseudo: 'Opener',
    sessionId: chosen.sessionId,
    expiresAt: Math.floor(chosen.expiresAt / 1000) * 1000,
    heartbeatMs: 25_000,
  })
  live.send({ type: 'session.open', token: 'nonsense' })
  expect(await live.frame({ type: 'problem' })).toMatchObject({ code: 'token-invalid' })
  expect(live.socket.protocol).toBe('parvis.v1')
})

test('reading needs no session; the snapshot is the newest page', async () => {
  using live = await openSocket(at.far)
  live.send({ type: 'wall.subscribe', channel: '#Long' })
  const snapshot = await live.frame({ type: 'wall.snapshot' })
  expect(snapshot).toMatchObject({ channel: 'long', reason: 'fresh', first: 571, last: POSTS, hasMore: true })
  expect(seqs(live)).toEqual(from(571, POSTS))
})

test.each([
  [615, from(616, POSTS)],
  [120, from(121, POSTS)],
  [POSTS, []],
])('a subscription after %d gets exactly what was missed', async (after, missed) => {
  const { epoch } = (await call(`${at.near}/posts?channel=long&limit=1`, 'GET')).body
  for (const [gateway, place] of [
    [at.near, { after, epoch }],
    [at.far, { after: `${epoch}:${after}` }],
  ] as const) {
    using live = await openSocket(gateway)
    live.send({ type: 'wall.subscribe', channel: 'long', ...place })
    const first = await live.frame({ type: 'wall.updated', epoch, first: after + 1 })
    if (missed.length === 0) expect(first).toMatchObject({ entries: [], last: after })
    await eventually(() => expect(seqs(live)).toEqual(missed))
    expect(live.frames.every(({ type }) => type === 'wall.updated')).toBe(true)
  }
})

test.each([
  ['too old', { after: 119 }, { reason: 'too-old', missed: 451 }],
  ['of another epoch', { after: 615, epoch: 'other' }, { reason: 'epoch-changed' }],
  ['of another epoch, in one word', { after: 'other:615' }, { reason: 'epoch-changed' }],
  ['ahead of the wall', { after: 9_999 }, { reason: 'epoch-changed' }],
])('a subscription from a place that is %s gets a page and the reason', async (_what, place, answer) => {
  using live = await openSocket(at.near)
  live.send({ type: 'wall.subscribe', channel: 'long', ...place })
  expect(await live.frame({ type: 'wall.snapshot' })).toMatchObject({ first: 571, last: POSTS, ...answer })
  expect(live.frames).toHaveLength(1)
})

test('after wall.unsubscribe nothing more of that channel comes', async () => {
  using live = await openSocket(at.near)
  for (const channel of ['left', 'kept']) live.send({ type: 'wall.subscribe', channel })
  await live.frame({ channel: 'left' })
  await live.frame({ channel: 'kept' })
  await post('left', 'seen')
  await live.frame({ type: 'wall.updated', channel: 'left', last: 1 })
  live.send({ type: 'wall.unsubscribe', channel: 'LEFT' })
  await post('left', 'not seen')
  await post('kept', 'seen')
  await live.frame({ type: 'wall.updated', channel: 'kept', last: 1 })
  expect(live.frames.filter(({ channel }) => channel === 'left')).toHaveLength(2)
})

test('a post is accepted, comes to every socket, and sent again it is the same post', async () => {
  using author = await signedIn(at.near)
  using reader = await openSocket(at.far)
  for (const { send } of [author, reader]) send({ type: 'wall.subscribe', channel: 'talk' })
  await reader.frame({ type: 'wall.snapshot' })
  const id = newClientId()
  author.send({ type: 'post.create', id, channel: 'talk', text: 'hello' })
  author.send({ type: 'post.create', id, channel: 'talk', text: 'hello' })
  await eventually(() => expect(author.frames.filter(({ type }) => type === 'post.accepted')).toHaveLength(2))
  const [first, second] = author.frames.filter(({ type }) => type === 'post.accepted')
  expect(first).toEqual({ type: 'post.accepted', id, postId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  expect(second).toEqual(first)
  for (const live of [author, reader]) {
    const update = await live.frame({ type: 'wall.updated', channel: 'talk', last: 1 })
    expect(update.entries).toMatchObject([{ seq: 1, post: { id: first.postId, clientId: id, author: 'Live' } }])
  }
  await post('talk', 'done')
  await reader.frame({ last: 2 })
  expect(seqs(reader)).toEqual([1, 2])
})

test('what one socket posts keeps its order, sent without waiting and behind the token', async () => {
  using live = await openSocket(at.near)
  live.send({ type: 'wall.subscribe', channel: 'order' })
  live.send({ type: 'session.open', token })
  const texts = from(1, 150).map(String)
  for (const text of texts) live.send({ type: 'post.create', id: newClientId(), channel: 'order', text })
  await eventually(() => expect(seqs(live)).toHaveLength(150))
  const shown = live.frames.flatMap((f) => (f.entries ?? []).map((e: { post: { text: string } }) => e.post.text))
  expect(shown).toEqual(texts)
})

test.each([
  ['an empty text', { channel: 'bad', text: ' ' }, 'text-empty', 'text'],
  ['a long text', { channel: 'bad', text: 'a'.repeat(501) }, 'text-too-long', 'text'],
  ['a channel that is none', { channel: 'a b', text: 'a' }, 'channel-not-fit', 'channel'],
  ['an unknown field', { channel: 'bad', text: 'a', colour: 'red' }, 'value-not-fit', 'colour'],
  ['a number for a text', { channel: 'bad', text: 5 }, 'value-not-fit', 'text'],
])('a post with %s is a problem that names it', async (_what, fields, code, field) => {
  using live = await signedIn(at.near)
  const id = newClientId()
  live.send({ type: 'post.create', id, ...fields })
  expect(await live.frame({ type: 'problem' })).toMatchObject({
    code,
    field,
    id,
    message: expect.stringContaining(field),
  })
})

test('a post without a session is a problem with its id; a refused one is told to all sockets of its author', async () => {
  using nobody = await openSocket(at.near)
  const id = newClientId()
  nobody.send({ type: 'post.create', id, text: 'a' })
  expect(await nobody.frame({ type: 'problem' })).toMatchObject({ code: 'token-missing', id })
  using here = await signedIn(at.near)
  using there = await signedIn(at.far)
  await there.frame({ type: 'session.opened' })
  const text = [...'abcdef'].map((letter) => `http://${letter}.example`).join(' ')
  here.send({ type: 'post.create', id, channel: 'bad', text })
  const { postId } = await here.frame({ type: 'post.accepted', id })
  for (const { frame } of [here, there]) {
    const told = await frame({ type: 'post.rejected' })
    expect(told).toEqual({ type: 'post.rejected', id, postId, code: 'too-many-links', message: expect.any(String) })
  }
  expect(nobody.frames).toHaveLength(1)
})
