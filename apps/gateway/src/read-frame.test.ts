import { readFrame } from './read-frame.ts'

const read = (value: unknown, isBinary = false) =>
  readFrame(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), isBinary)
const id = '01890000-0000-7000-8000-000000000001'

test.each([
  { type: 'session.open', token: 't' },
  { type: 'wall.subscribe', channel: 'wall' },
  { type: 'wall.subscribe', channel: 'wall', after: 0, epoch: 'e1' },
  { type: 'wall.subscribe', channel: 'wall', after: 'e1:5' },
  { type: 'wall.unsubscribe', channel: 'wall' },
  { type: 'post.create', id, text: 'hello' },
  { type: 'post.create', id, channel: 'wall', text: '' },
])('%j is a frame', (frame) => {
  expect(read(frame).frame).toEqual(frame)
})

test.each([
  ['{', 'malformed-json', undefined],
  ['', 'malformed-json', undefined],
  [5, 'unknown-frame', 'type'],
  ['null', 'unknown-frame', 'type'],
  [[], 'unknown-frame', 'type'],
  [{}, 'unknown-frame', 'type'],
  [{ type: 5 }, 'unknown-frame', 'type'],
  [{ type: ['wall.subscribe'], channel: 'wall' }, 'unknown-frame', 'type'],
  [{ type: 'constructor' }, 'unknown-frame', 'type'],
  [{ type: '__proto__' }, 'unknown-frame', 'type'],
  [{ type: 'session.open' }, 'value-not-fit', 'token'],
  [{ type: 'session.open', token: 'a'.repeat(4_097) }, 'value-not-fit', 'token'],
  [{ type: 'wall.subscribe', channel: 'a'.repeat(129) }, 'value-not-fit', 'channel'],
  [{ type: 'wall.subscribe', channel: 'wall', after: [5] }, 'value-not-fit', 'after'],
  [{ type: 'wall.subscribe', channel: 'wall', after: 1.5 }, 'value-not-fit', 'after'],
  [{ type: 'wall.subscribe', channel: 'wall', limit: 5 }, 'value-not-fit', 'limit'],
  [{ type: 'post.create', id: 'mine', text: 'a' }, 'value-not-fit', 'id'],
  [{ type: 'post.create', id, text: 5 }, 'value-not-fit', 'text'],
])('%j is refused as %s of %s', (value, code, field) => {
  const { frame } = read(value)
  expect(frame).toMatchObject({ fault: { problem: { code, ...(field !== undefined && { field }) } } })
})

test('bytes that are not UTF-8, and binary frames, are refused', () => {
  const fault = { fault: { problem: { code: 'malformed-json' } } }
  expect(readFrame(Buffer.from([0x22, 0xff, 0x22]), false).frame).toMatchObject(fault)
  expect(read({ type: 'wall.subscribe', channel: 'wall' }, true).frame).toMatchObject(fault)
})

test('a refusal can name the post and the channel that the frame named, unless they are absurd', () => {
  expect(read({ type: 'post.create', id: 'x', channel: 'a b', text: 5 }).mentions).toEqual({ id: 'x', channel: 'a b' })
  expect(read({ type: 'post.create', id: 'x'.repeat(65), channel: 'a'.repeat(129) }).mentions).toEqual({})
  expect(read({ type: 'post.create', id: 5, channel: {} }).mentions).toEqual({})
})
