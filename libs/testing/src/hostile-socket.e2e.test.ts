import { once } from 'node:events'
import { connect } from 'node:net'
import { problems } from '@parvis/contracts/problems'
import fc from 'fast-check'
import { eventually } from './eventually.ts'
import { assertHolds, nastyBytes, nastyJson, nastyText } from './hostile.ts'
import { call, openReader, tokenOf } from './wall-client.ts'
import { unused, wallUnderTest } from './wall-under-test.ts'

// Whatever comes over a socket: a problem or an answer, and the socket goes on.

const resources = new AsyncDisposableStack()
let near = ''

beforeAll(async () => {
  ;({ near } = resources.use(await wallUnderTest()))
})

afterAll(() => resources.disposeAsync())

const types = fc.constantFrom('session.open', 'wall.subscribe', 'wall.unsubscribe', 'post.create', 'other', '__proto__')
const values = fc.oneof(nastyJson, nastyText, fc.constantFrom('wall', 0, 1, -1, 'a'.repeat(70)))
const almost = fc
  .record(
    { type: types, channel: values, id: values, text: values, token: values, after: values, epoch: values },
    { requiredKeys: ['type'] },
  )
  .map((frame) => JSON.stringify(frame))
const frames = fc.oneof(
  { weight: 5, arbitrary: almost },
  { weight: 2, arbitrary: nastyJson.map((value) => JSON.stringify(value) ?? '') },
  { weight: 1, arbitrary: nastyBytes },
)

test('any frame gets a problem or an answer, and the next one is handled', async () => {
  const channel = unused('frames')
  using reader = await openReader(near, channel)
  reader.send({ type: 'session.open', token: await tokenOf(near, unused('Mallory')) })
  await eventually(() => expect(reader.frames.some(({ type }) => type === 'session.opened')).toBe(true))
  let probe = 0
  await assertHolds(0.17, frames, async (frame) => {
    // Larger ones close the socket, by the protocol.
    if (Buffer.byteLength(frame) > 64 * 1024) return
    reader.frames.length = 0
    reader.socket.send(frame)
    const id = `not-a-uuid-${++probe}`
    reader.send({ type: 'post.create', id, text: 'probe' })
    await eventually(() => expect(reader.frames).toContainEqual(expect.objectContaining({ type: 'problem', id })))
    for (const { type, code } of reader.frames) if (type === 'problem') expect(problems).toHaveProperty([code])
    expect(reader.frames).not.toContainEqual(expect.objectContaining({ code: 'internal-error' }))
    expect(reader.socket.readyState).toBe(reader.socket.OPEN)
  })
}, 600_000)

test('bytes that are not the WebSocket protocol end that connection alone', async () => {
  using bystander = await openReader(near, unused('bystander'))
  await assertHolds(0.04, fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
    const { hostname, port } = new URL(near)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.write(
      'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: parvis.v1\r\n\r\n',
    )
    socket.end(Buffer.from(bytes))
    socket.resume()
    await closed
  })
  expect(bystander.socket.readyState).toBe(bystander.socket.OPEN)
  expect((await call(`${near}/health/ready`, 'GET')).status).toBe(200)
}, 600_000)

test('a message in more than sixteen pieces ends its connection', async () => {
  using reader = await openReader(near, unused('pieces'))
  const closed = once(reader.socket, 'close')
  for (let piece = 0; piece < 17; piece++) reader.socket.send('a', { fin: false })
  expect((await closed)[0]).toBe(1008)
})

const UPGRADE =
  'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: parvis.v1\r\n\r\n'

/** The status lines that a gateway answers these bytes with; then the client has no more to say, and waits for the end. */
async function answersTo(bytes: string, requests = 1): Promise<string[]> {
  const { hostname, port } = new URL(near)
  const socket = connect(Number(port), hostname).setEncoding('utf8')
  let heard = ''
  const answers = () => heard.match(/HTTP\/1\.1 \d+/g) ?? []
  socket.on('data', (text: string) => {
    heard += text
    if (answers().length === requests) socket.end()
  })
  socket.write(bytes)
  await once(socket, 'close')
  return answers()
}

test('an upgrade anywhere else is a request like any other', async () => {
  for (const path of ['/posts', '/health/live', '/', '/nowhere']) {
    expect(await answersTo(`GET ${path} HTTP/1.1\r\n${UPGRADE}`)).toEqual([expect.stringMatching(/ (200|404)$/)])
  }
})

test('an upgrade that is asked for while an answer is on its way is no upgrade, and leaves nothing open', async () => {
  const both = `GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /ws HTTP/1.1\r\n${UPGRADE}`
  expect(await answersTo(both, 2)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404'])
})
