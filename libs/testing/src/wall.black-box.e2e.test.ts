import { eventually } from './eventually.ts'
import { call, openReader, tokenOf } from './wall-client.ts'
import { unused, wallUnderTest } from './wall-under-test.ts'

// What anyone can see of a wall from outside: by HTTP and WebSocket alone, also of one that is up already.

const resources = new AsyncDisposableStack()
let near = ''
let far = ''

beforeAll(async () => {
  ;({ near, far } = resources.use(await wallUnderTest()))
})

afterAll(() => resources.disposeAsync())

const texts = (entries: { post: { text: string } }[]) => entries.map(({ post }) => post.text)

test('a post over HTTP comes out of a socket of another gateway', async () => {
  const channel = unused('journey')
  const author = unused('Ada')
  using reader = await openReader(far, channel)
  const token = await tokenOf(near, author)
  const posted = await call(`${near}/posts`, 'POST', { token, body: { text: 'bonjour', channel } })
  expect(posted.status).toBe(202)
  expect(posted.headers.get('location')).toBe(`/posts/${posted.body.id}`)
  await eventually(() => expect(texts(reader.entries)).toEqual(['bonjour']))
  expect(reader.entries[0]).toMatchObject({ seq: 1, post: { id: posted.body.id, author, channel } })
  await eventually(async () => {
    const found = await call(`${far}/posts/${posted.body.id}`, 'GET')
    expect(found.body).toMatchObject({ status: 'stored', seq: 1, text: 'bonjour' })
  })
})

test('the same client id from the same session is the same post on any gateway', async () => {
  const channel = unused('once')
  const token = await tokenOf(near, unused('Bob'))
  const body = { text: 'once', channel, id: '01890000-0000-7000-8000-000000000001' }
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
  const page = await call(`${near}/posts?channel=${channel}`, 'GET')
  expect(texts(page.body.entries)).toEqual(['once'])
})

test('a post that review refuses is told to its author, and remembered', async () => {
  const channel = unused('refused')
  using reader = await openReader(far, channel)
  const token = await tokenOf(far, unused('Carl'))
  reader.send({ type: 'session.open', token })
  const text = 'http://a.example http://b.example http://c.example http://d.example http://e.example http://f.example'
  const id = '01890000-0000-7000-8000-000000000002'
  reader.send({ type: 'post.create', id, channel, text })
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
  const token = await tokenOf(near, unused('Dora'))
  const answer = await call(`${near}/posts`, 'POST', { token, body })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(answer.body).toMatchObject({ code, ...(field && { field }) })
})

test('a pseudo is unique on all gateways, also against a look-alike', async () => {
  // Letters that Cyrillic has too, drawn alike.
  const name = Array.from({ length: 12 }, () => 'aceopxy'[Math.floor(Math.random() * 7)]).join('')
  const cyrillic = (text: string) => text.replace(/[aceopxy]/g, (letter) => 'асеорху'['aceopxy'.indexOf(letter)]!)
  const choose = (pseudo: string) => call(`${far}/auth/choose-pseudo`, 'POST', { body: { pseudo } })
  await tokenOf(near, name)
  const same = await choose(name.toUpperCase())
  expect(same).toMatchObject({ status: 409, body: { code: 'pseudo-taken' } })
  expect(same.body.suggestion).toMatch(new RegExp(`^${name.toUpperCase()}\\d+$`))
  // All Cyrillic, so one script, but drawn like the Latin one.
  expect((await choose(cyrillic(name))).status).toBe(409)
  const mixed = await choose(cyrillic(name.slice(0, 6)) + name.slice(6))
  expect(mixed).toMatchObject({ status: 422, body: { code: 'pseudo-not-fit' } })
})

test('ten writers: twenty sockets on all gateways see one gap-free sequence, each author in order', async () => {
  const each = 20
  const channel = unused('busy')
  const readers = await Promise.all(Array.from({ length: 20 }, (_, i) => openReader(i % 2 ? near : far, channel)))
  const names = Array.from({ length: 10 }, (_, i) => unused(`writer${i}`))
  await Promise.all(
    names.map(async (name, i) => {
      const gateway = i % 2 ? near : far
      const token = await tokenOf(gateway, name)
      for (let n = 0; n < each; n++) {
        const posted = await call(`${gateway}/posts`, 'POST', { token, body: { text: `${i}:${n}`, channel } })
        expect(posted.status).toBe(202)
      }
    }),
  )
  const total = names.length * each
  await eventually(() => expect(readers.map(({ entries }) => entries.length)).toEqual(readers.map(() => total)), 60_000)
  const [one, ...others] = readers.map(({ entries }) => entries)
  expect(one!.map(({ seq }) => seq)).toEqual(Array.from({ length: total }, (_, i) => i + 1))
  for (const other of others) expect(other).toEqual(one)
  for (const reader of readers) expect(reader.faults).toEqual([])
  for (let i = 0; i < names.length; i++) {
    const own = texts(one!).filter((text) => text.startsWith(`${i}:`))
    expect(own).toEqual(Array.from({ length: each }, (_, n) => `${i}:${n}`))
  }
  for (const { socket } of readers) socket.terminate()
})
