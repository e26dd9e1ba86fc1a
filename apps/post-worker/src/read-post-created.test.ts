import { readPostCreated, repackCandidate } from './read-post-created.ts'

// What comes out of a `post.created`: by hand and by a gateway, one post and many.

const id = '01890000-0000-7000-8000-000000000001'
const sessionId = '01890000-0000-4000-8000-000000000002'

function read(body: unknown, userId?: string) {
  const content = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return readPostCreated({ content, userId, count: 0 }, ['gateway'])
}
function item(body: unknown, userId?: string) {
  const [part] = read(body, userId)
  if (!part || !('item' in part)) throw new Error(`no post: ${part?.fault}`)
  return part.item
}
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/

test('by hand a text is enough: on the wall, anonymous, marked, with an id of its own each time', () => {
  const before = Date.now()
  const post = item({ text: 'hello' })
  expect(post).toMatchObject({ text: 'hello', channel: 'wall', author: 'anonymous', via: 'broker' })
  expect(post.id).toMatch(uuid)
  expect(post.clientId).toBe(post.id)
  expect(post.createdAt).toBeGreaterThanOrEqual(before)
  expect(item({ text: 'hello' }).id).not.toBe(post.id)
})

test('an id by hand is kept: it makes the post once-only', () => {
  expect(item({ text: 'a', id })).toMatchObject({ id, clientId: id })
})

test.each([
  ['alone', { text: '', id }],
  ['alone, without its text', { id }],
  ['among others', { posts: [{ text: 'fit' }, { text: '', id }] }],
])('whoever gave an unfit post an id is told that it is parked, and why: %s', (_how, body) => {
  const part = read(body).at(-1)
  if (!part || !('fault' in part)) throw new Error('it is fit')
  const [refusals] = (part.tell ?? []).map(({ content }) => JSON.parse(String(content)).refusals)
  expect(refusals).toMatchObject([{ postId: id, status: 'parked', code: 'post-parked', message: part.fault }])
})

test('who is told of a field with a very long name is told in short', () => {
  for (const name of ['k'.repeat(1_000_000), '/'.repeat(1_000_000)]) {
    const [part] = read({ text: 'a', id, [name]: 1 })
    if (!part || !('fault' in part)) throw new Error('it is fit')
    expect(part.tell).not.toEqual([])
    expect(Math.max(...(part.tell ?? []).map(({ content }) => content.length))).toBeLessThan(1_000)
  }
})

test('an unfit post without an id, or with one that is none, is parked in silence', () => {
  for (const body of [{ text: '' }, { text: '', id: 'mine' }]) expect(read(body)).toMatchObject([{ tell: [] }])
})

test('names are taken in their one spelling', () => {
  expect(item({ text: 'a', channel: '#Pause_Cafe', author: '  Ada   L  ' })).toMatchObject({
    channel: 'pause_cafe',
    author: 'Ada L',
  })
})

test('many by hand are many, in order', () => {
  const posts = Array.from({ length: 100 }, (_, i) => ({ text: `${i}`, channel: i % 2 ? 'odd' : 'even' }))
  const parts = read({ posts })
  expect(parts.map((part) => 'item' in part && part.item.text)).toEqual(posts.map(({ text }) => text))
})

test('a gateway’s post is of its session and not marked', () => {
  const post = item({ text: 'a', id, clientId: id, author: 'Ada', sessionId, createdAt: 5 }, 'gateway')
  expect(post).toEqual({ id, clientId: id, channel: 'wall', text: 'a', createdAt: 5, author: 'Ada', sessionId })
})

test.each([
  ['nobody', undefined],
  ['another user of the broker', 'db-writer'],
  ['an empty name', ''],
])('who publishes as %s cannot pass for a session', (_what, userId) => {
  const post = item({ text: 'a', author: 'Ada', sessionId }, userId)
  expect(post).toMatchObject({ author: 'Ada', via: 'broker' })
  expect(post).not.toHaveProperty('sessionId')
})

test.each([
  ['an empty text', { text: ' ' }, /^text-empty: text/],
  ['501 graphemes', { text: 'é'.repeat(501) }, /^text-too-long: text: at most 500/],
  ['over 4 KiB', { text: '😀'.repeat(1_025) }, /^text-too-long: text: at most 4096 bytes/],
  ['a bidi override', { text: 'a\u202eb' }, /^text-not-fit: text/],
  ['a number for a text', { text: 5 }, /^value-not-fit: text/],
  ['no text', {}, /^value-not-fit: /],
  ['an unknown field', { text: 'a', colour: 'red' }, /^value-not-fit: colour: no such field/],
  ['a channel with a blank', { text: 'a', channel: 'a b' }, /^channel-not-fit: channel/],
  ['a name of two scripts', { text: 'a', author: 'sсope' }, /^pseudo-not-fit: author/],
  ['an id that is none', { text: 'a', id: 'mine' }, /^value-not-fit: id/],
  ['a time that no date has', { text: 'a', createdAt: 2 ** 53 }, /^value-not-fit: createdAt/],
])('what a gateway would refuse is told apart with its reason: %s', (_what, post, reason) => {
  const faultOf = (body: unknown) => {
    try {
      const [part] = read(body)
      return part && 'fault' in part ? part.fault : 'no fault'
    } catch (error) {
      // The whole message is parked then, which comes to the same for a single post.
      return (error as Error).message
    }
  }
  expect(faultOf(post)).toMatch(reason)
  expect(faultOf({ posts: [post] })).toMatch(reason)
})

test('one bad post of a pack is set aside alone, in a form that can be published again', () => {
  const parts = read({ posts: [{ text: 'a' }, { text: '' }, { text: 'c' }] })
  expect(parts.map((part) => ('item' in part ? part.item.text : part.fault.split(':')[0]))).toEqual([
    'a',
    'text-empty',
    'c',
  ])
  const aside = parts[1]
  expect(aside && 'content' in aside && JSON.parse(String(aside.content))).toEqual({
    type: 'post.created',
    version: 1,
    posts: [{ text: '' }],
  })
})

test.each([
  ['by hand', { text: 'a', channel: 'tea', author: 'Ada', id, clientId: id, createdAt: 5 }, undefined],
  ['by hand with nothing but a text', { text: 'a' }, undefined],
  ['by a gateway', { text: 'a', author: 'Ada', id, clientId: id, sessionId, createdAt: 5 }, 'gateway'],
])('a post sent %s that was parked is the same post when it is sent again', (_what, body, userId) => {
  const post = item(body, userId)
  expect(item(repackCandidate(post), userId)).toEqual(post)
})

test.each([
  ['no JSON', '{"text":', /^malformed-json/],
  ['bad UTF-8', Buffer.from([0x22, 0xff, 0x22]), /^malformed-json/],
  ['no posts', { posts: [] }, /^value-not-fit: posts/],
  ['101 posts', { posts: Array.from({ length: 101 }, () => ({ text: 'a' })) }, /^value-not-fit: posts/],
])('a message that is none is refused whole: %s', (_what, body, reason) => {
  const content = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  expect(() => readPostCreated({ content, userId: undefined, count: 0 }, [])).toThrow(reason)
})

test.each([
  ['a list', []],
  ['null', 'null'],
  ['another message', { type: 'wall.requested', text: 'a' }],
])('what is no post at all is parked as it came: %s', (_what, body) => {
  const content = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const fault = expect.stringMatching(/^value-not-fit/)
  expect(read(body)).toEqual([{ fault, content, tell: [] }])
})

test('a reason never quotes the body, which belongs in no log', () => {
  const secret = 'correct horse battery staple'
  for (const body of [
    `{"${secret}`,
    { [secret.slice(0, 5)]: secret },
    { text: 5, author: secret },
    { text: secret, id: secret },
  ]) {
    try {
      const [part] = read(body)
      expect(JSON.stringify(part && 'fault' in part ? part.fault : '')).not.toContain(secret)
    } catch (error) {
      expect((error as Error).message).not.toContain(secret)
    }
  }
})
