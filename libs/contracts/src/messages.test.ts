import { messages } from './catalogue.ts'
import { examplesOf, readExamples } from './examples.ts'
import { COMMAND_POSTS } from './limits.ts'
import type { Head } from './outgoing.ts'
import { type AcceptedPost, PostCreated, PostCreatedPacked, postCreated, SubmittedPost } from './post-created.ts'
import { postRejected } from './post-rejected.ts'
import { PostReviewed, postReviewed } from './post-reviewed.ts'
import { postStored } from './post-stored.ts'
import { bodyReader, InvalidMessageError, parseJson } from './read-body.ts'
import { sessionEnded } from './session-ended.ts'
import type { MessageType } from './topology.ts'
import { wallPositions } from './wall-positions.ts'
import { wallRequested } from './wall-requested.ts'
import { wallUpdated } from './wall-updated.ts'

const examples = await readExamples('messages')
const commands: MessageType[] = ['post.created', 'wall.requested']
const events = (Object.keys(messages) as MessageType[]).filter((type) => !commands.includes(type))
const shown = (type: MessageType) => examplesOf(type, examples)[0]!.body as Record<string, unknown>
const reasonOf = (read: (body: unknown) => unknown, body: unknown) => {
  try {
    read(body)
  } catch (error) {
    return error instanceof InvalidMessageError ? error.message : error
  }
}

const readOne = bodyReader(PostCreated)
const readPack = bodyReader(PostCreatedPacked)
const readSubmitted = bodyReader(SubmittedPost)

test('a post.created by hand needs a text and nothing else', () => {
  expect(readOne({ text: 'a' })).toEqual({ text: 'a' })
  expect(reasonOf(readOne, {})).toBe('value-not-fit: body: must have required properties text')
  expect(reasonOf(readOne, { text: 5 })).toBe('value-not-fit: text: must be string')
})

test('a pack is 1 to 100 posts, each read by itself', () => {
  const pack = (n: number) => ({ posts: Array.from({ length: n }, () => ({ text: 'a' })) })
  expect(readPack(pack(COMMAND_POSTS)).posts).toHaveLength(100)
  expect(reasonOf(readPack, pack(0))).toMatch(/^value-not-fit: posts: /)
  expect(reasonOf(readPack, pack(101))).toMatch(/^value-not-fit: posts: .*100/)
  expect(readPack({ posts: [{ text: 'a' }, 5] }).posts).toEqual([{ text: 'a' }, 5])
  expect(reasonOf(readSubmitted, 5)).toMatch(/^value-not-fit: body: /)
})

test('what a gateway sends is read back as it was accepted', () => {
  const { body } = examples.find(({ name }) => name === 'post-created-from-gateway')!
  const { type, version, messageId: _, timestamp: __, ...accepted } = body as AcceptedPost & Head<'post.created'>
  const one = postCreated([accepted])
  expect(one).toMatchObject({ exchange: 'wall.commands', routingKey: 'post.created.p2', mandatory: true, type })
  expect(readOne(Buffer.from(one.content))).toMatchObject({ version, ...accepted })
  const many = postCreated([accepted, accepted])
  expect(readPack(Buffer.from(many.content)).posts).toEqual([accepted, accepted])
})

test.each(commands)('the command %s refuses a field that it does not know, naming it', (type) => {
  const read = bodyReader(type === 'post.created' ? PostCreated : messages[type].schema)
  expect(reasonOf(read, { ...shown(type), colour: 'red' })).toBe('value-not-fit: colour: no such field')
})

test.each(events)('the event %s passes over a field that it does not know', (type) => {
  const body = { ...shown(type), colour: 'red' }
  expect(bodyReader(messages[type].schema)(body)).toEqual(body)
})

// wall.updated is a frame, whose version is the subprotocol's.
test.each([...commands, ...events].filter((type) => type !== 'wall.updated'))(
  '%s of an unknown version is refused with the reason',
  (type) => {
    const read = bodyReader(type === 'post.created' ? PostCreated : messages[type].schema)
    expect(reasonOf(read, { ...shown(type), version: 2 })).toMatch(/^value-not-fit: version: .*\(1\)$/)
    expect(read({ ...shown(type), version: 1 })).toBeDefined()
  },
)

test.each(events)('%s of another type is refused', (type) => {
  expect(reasonOf(bodyReader(messages[type].schema), { ...shown(type), type: 'post.created' })).toMatch(
    /^value-not-fit: type: /,
  )
})

test('bytes that are not JSON in UTF-8 are refused without being quoted', () => {
  for (const bytes of [Buffer.from('{"text": "secret'), Buffer.from([0x22, 0xff, 0x22]), Buffer.alloc(0)]) {
    expect(reasonOf(parseJson as never, bytes)).toBe('malformed-json: the body is not JSON in UTF-8')
  }
})

test('a field that no message has is named in short, and moves no terminal', () => {
  const read = bodyReader(messages['post.created'].schema)
  const named = (name: string) => reasonOf(read, { ...shown('post.created'), [name]: 1 })
  expect(named('\u001b[2J\u0007')).toBe('value-not-fit: �[2J�: no such field')
  expect(named('n'.repeat(1_000))).toHaveLength('value-not-fit: '.length + 100 + ': no such field'.length)
})

test('each step of a post is published to where its queue is bound, and must arrive', () => {
  const reviewed = (shown('post.reviewed').posts as never[])[0]!
  const stored = (shown('post.stored').posts as never[])[0]!
  expect(postReviewed(3, [reviewed])).toMatchObject([
    { exchange: 'wall.events', routingKey: 'post.reviewed.p3', mandatory: true },
  ])
  expect(postStored(1, [stored])).toMatchObject([
    { exchange: 'wall.events', routingKey: 'post.stored.p1', mandatory: true },
  ])
  const question = { requestId: 'a', want: 'page' as const, channels: ['wall'], instance: 'g1' }
  expect(wallRequested(question)).toMatchObject({
    exchange: 'wall.commands',
    routingKey: 'wall.requested',
    mandatory: true,
  })
})

test("a gateway's question is dropped when it has waited for half of what the gateway waits; one by hand is not", () => {
  const question = { want: 'page' as const, channels: ['wall'] }
  expect(wallRequested({ ...question, requestId: 'a', instance: 'g1' }).expiresMs).toBe(500)
  expect(wallRequested(question).expiresMs).toBeUndefined()
})

test('a refusal goes to where it is remembered, and to the gateways, which need not hear it', () => {
  const refusals = shown('post.rejected').refusals as never[]
  expect(postRejected(refusals)).toMatchObject([
    { exchange: 'wall.events', routingKey: 'post.rejected', mandatory: true },
    { exchange: 'wall.updates', routingKey: 'post.rejected', mandatory: false },
  ])
})

test('broadcasts go to all, answers to the gateway that asked', () => {
  expect(wallUpdated('{}')).toMatchObject({ routingKey: 'wall.updated', mandatory: false })
  expect(wallUpdated('{}', 'g1')).toMatchObject({ routingKey: 'wall.updated.g1', mandatory: false })
  expect(wallPositions([])).toMatchObject({ routingKey: 'wall.positions', mandatory: false })
  expect(wallPositions([], { requestId: 'a', instance: 'g1' })).toMatchObject({ routingKey: 'wall.updated.g1' })
  expect(sessionEnded('5d0c2f7e-3b1a-4e8d-9c46-7f1e2a3b4c5d')).toMatchObject({ routingKey: 'session.ended' })
})

test('what a service sends is what its reader takes, 1,001 posts in three messages', () => {
  const reviewed = (shown('post.reviewed').posts as { text: string }[])[0]!
  const posts = Array.from({ length: 1_001 }, (_, n) => ({ ...reviewed, text: `${n}` }))
  const read = bodyReader(PostReviewed)
  const texts = postReviewed(2, posts as never).map(({ content }) =>
    read(Buffer.from(content)).posts.map(({ text }) => text),
  )
  expect(texts.map(({ length }) => length)).toEqual([500, 500, 1])
  expect(texts.flat()).toEqual(posts.map(({ text }) => text))
})
