import { checkText } from './check-text.ts'
import { readExamples } from './examples.ts'
import { CLIENT_FRAME_BYTES, FRAME_BYTES, HEARTBEAT_MS, HTTP_BODY_BYTES, TEXT_BYTES, WINDOW_ENTRIES } from './limits.ts'
import { ClientFrame, closeCodes, SUBPROTOCOL } from './live-protocol.ts'
import { bodyReader } from './read-body.ts'

const read = bodyReader(ClientFrame)
const frames = (await readExamples('frames')).map(({ body }) => body as Record<string, unknown>)
const shown = (type: string) => frames.find((frame) => frame.type === type)!

test('has these numbers, which others rely on', () => {
  expect(SUBPROTOCOL).toBe('parvis.v1')
  expect(CLIENT_FRAME_BYTES).toBe(64 * 1024)
  expect(FRAME_BYTES).toBe(512 * 1024)
  expect(HEARTBEAT_MS).toBe(25_000)
  expect(WINDOW_ENTRIES).toBe(500)
  expect(closeCodes).toEqual({
    goingAway: 1001,
    policy: 1008,
    frameTooLarge: 1009,
    sessionOver: 4401,
    noPong: 4408,
    tooFast: 4429,
  })
})

test('every text that may be posted fits into a frame and into a request, with all its letters escaped', () => {
  // Worst are letters of two bytes: `\\u0301` is six.
  const longest = `é${'\u0301'.repeat(TEXT_BYTES / 2 - 1)}`
  expect(checkText(longest)).toBeUndefined()
  const escaped = longest.length * 6
  expect(escaped + 1_000).toBeLessThan(HTTP_BODY_BYTES)
  expect(escaped + 1_000).toBeLessThan(CLIENT_FRAME_BYTES)
})

test.each(['session.open', 'wall.subscribe', 'wall.unsubscribe', 'post.create'])(
  '%s refuses a field that it does not know',
  (type) => {
    expect(read(shown(type))).toEqual(shown(type))
    expect(() => read({ ...shown(type), colour: 'red' })).toThrow('value-not-fit')
  },
)

test.each([
  ['a token of 4,097 characters', { ...shown('session.open'), token: 'a'.repeat(4_097) }],
  ['a channel of 129 characters', { ...shown('wall.subscribe'), channel: 'a'.repeat(129) }],
  ['a negative cursor', { ...shown('wall.subscribe'), after: -1 }],
  ['a cursor that is no whole number', { ...shown('wall.subscribe'), after: 1.5 }],
  ['an id that is no UUID', { ...shown('post.create'), id: 'mine' }],
  ['an id in capitals', { ...shown('post.create'), id: String(shown('post.create').id).toUpperCase() }],
  ['a post without an id', { type: 'post.create', channel: 'wall', text: 'a' }],
  ['a frame of the gateway', shown('wall.snapshot')],
])('%s is refused', (_what, frame) => {
  expect(() => read(frame)).toThrow('value-not-fit')
})
