import { problems } from '@parvis/contracts/problems'
import type { Service } from '@parvis/stack/service'
import { startWall, type Wall } from '@parvis/stack/supervise'
import fc from 'fast-check'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { assertHolds, nastyBytes, nastyJson, nastyText } from './hostile.ts'
import { call } from './wall-client.ts'

// Whatever comes to the message store: an answer with a code, never a crash, and what is stored reads back as it was sent.

const resources = new AsyncDisposableStack()
let wall: Wall
let store: Service
let pid = 0

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  const env = { ...process.env, REDIS_PREFIX: ground.redisPrefix }
  const counts = { gateway: 0, 'post-worker': 0, 'db-writer': 0, 'cache-worker': 0 }
  wall = resources.use(await startWall({ servers: ground.servers, log: () => {}, env, counts }))
  store = wall.services['message-store'][0]!
  pid = store.pid
  await eventually(async () => expect((await call(`${store.url}/health/ready`, 'GET')).body.status).toBe('up'))
})

afterAll(() => resources.disposeAsync())

async function ask(method: string, path: string, body?: unknown) {
  const answer = await call(`${store.url}${path}`, method, { token: wall.serviceToken, body })
  if (answer.status >= 400) {
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(problems).toHaveProperty([answer.body.code])
    // Nothing is away here, so not even 503: what a store cannot keep is the sender's fault, now and later.
    if (answer.status >= 500)
      expect({ answer: answer.body, method, path, sent: body }).toBe('an answer without a fault')
  }
  return answer
}

let made = 0
const fit = { routingKey: 'post.created.p0', exchange: 'wall.commands', type: 'post.created', source: 'gateway.1' }
const mostly = <T>(value: T, other: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(value) }, other)
const id = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  nastyText,
  nastyText.map((text) => text.slice(0, 120)),
  fc.constantFrom('.', '..', '%2e', 'a/b', 'a?b#c', 'held', 'claims', ' ', 'a\u0000b', '\ud800'),
)
/** Ids are told apart by a number before them, or after them. */
const numbered = fc.tuple(id, fc.constantFrom('before', 'after')).map(([text, where]) => {
  const number = `${++made}`
  return where === 'before' ? number + text : text + number
})
const anyId = fc.oneof({ weight: 6, arbitrary: numbered }, fc.constantFrom('.', '..', '', '\ud800'))
const header = fc.dictionary(fc.string({ maxLength: 8 }), nastyJson, { maxKeys: 4 })
const message = fc.record({
  messageId: anyId,
  routingKey: mostly(fit.routingKey, nastyText),
  content: nastyText,
  options: fc.record(
    {
      exchange: mostly(fit.exchange, nastyText),
      type: mostly(fit.type, nastyText),
      mandatory: mostly(true, nastyJson),
      partition: mostly(1, fc.constantFrom(0, 65_535, 65_536, -1, 1.5, 'x')),
      source: mostly(fit.source, nastyText),
      headers: header,
    },
    { requiredKeys: ['exchange', 'type', 'mandatory', 'partition', 'source'] },
  ),
  timestamp: mostly(1_700_000_000_000, fc.constantFrom(0, -1, 1e308, 2 ** 53, Number.MAX_SAFE_INTEGER, 'now')),
})

test('a message is refused, or stored, listed and removed as it was sent', async () => {
  let kept = 0
  await assertHolds(0.05, message, async (sent) => {
    const added = await ask('POST', '/messages', sent)
    if (added.status >= 400) return
    expect(added.body).toEqual({ messageId: sent.messageId, added: true, durable: true })
    kept++
    const { messages } = (await ask('GET', '/messages')).body
    expect(messages).toEqual([{ ...sent, position: expect.any(Number), claims: 0, expired: expect.any(Boolean) }])
    // As the bus asks for it.
    expect((await ask('DELETE', `/messages/${encodeURIComponent(sent.messageId)}`)).status).toBe(204)
    expect((await ask('GET', '/messages')).body.messages).toEqual([])
  })
  expect(kept).toBeGreaterThan(5)
}, 600_000)

test('messages whose ids a database may take for the same are all kept', async () => {
  for (const messageId of ['same', 'same ', 'Same', 'sáme', 'sa\u0301me', 'ſame', 'same\u0000', 'same\t']) {
    const options = { exchange: fit.exchange, type: fit.type, mandatory: true, partition: 0, source: fit.source }
    const sent = { messageId, routingKey: fit.routingKey, content: '{}', options, timestamp: 1 }
    const { status } = await ask('POST', '/messages', sent)
    expect({ messageId, status }).not.toEqual({ messageId, status: 200 })
  }
  for (const { messageId } of (await ask('GET', '/messages')).body.messages) {
    expect((await ask('DELETE', `/messages/${encodeURIComponent(messageId)}`)).status).toBe(204)
  }
})

test('a mark is refused, or given to one alone and read back as it was left', async () => {
  // As texts: a value that is 5,000 deep cannot be shown when it fails.
  const result = fc.oneof(
    nastyJson.map((value) => JSON.stringify(value) ?? 'null'),
    fc.constantFrom('"\\ud800"', '{"\\udfff": 1e308}', '"\\u0000"'),
    fc
      .oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 20_000 }))
      .map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  )
  let done = 0
  await assertHolds(0.04, fc.tuple(anyId, mostly('token', nastyText), result), async ([messageId, token, left]) => {
    const claim = await ask('POST', '/idempotency', { messageId, token })
    if (claim.status >= 400) return
    expect(claim.status).toBe(201)
    const path = `/idempotency/${encodeURIComponent(messageId)}`
    const completed = await ask('PUT', path, `{"token": ${JSON.stringify(token)}, "result": ${left}}`)
    if (completed.status === 200) {
      done++
      const { result, ...mark } = (await ask('GET', path)).body
      expect(mark).toEqual({ messageId, state: 'done', at: expect.any(Number) })
      expect(JSON.stringify(result)).toBe(JSON.stringify(JSON.parse(left)))
    }
    expect((await ask('POST', '/idempotency', { messageId, token: 'another' })).status).toBe(409)
    expect((await ask('DELETE', path)).status).toBe(204)
    expect((await ask('GET', path)).status).toBe(404)
  })
  expect(done).toBeGreaterThan(5)
}, 600_000)

test('any body, path and query get an answer', async () => {
  const route = fc.constantFrom(
    ...([
      'POST /messages',
      'POST /messages/claim',
      'POST /idempotency',
      'PUT /idempotency/',
      'GET /idempotency/',
    ] as const),
    ...([
      'DELETE /idempotency/',
      'DELETE /messages/',
      'DELETE /messages/claims/',
      'GET /parked/',
      'DELETE /parked/',
    ] as const),
    ...(['POST /parked/', 'GET /messages?', 'GET /messages/held?', 'GET /parked?'] as const),
  )
  const body = fc.oneof(
    nastyJson.map((value) => JSON.stringify(value) ?? ''),
    nastyBytes.map((bytes) => bytes.toString('latin1')),
    fc
      .record(
        {
          owner: mostly('me', nastyText),
          leaseMs: mostly(1, nastyJson),
          limit: mostly(1, nastyJson),
          partition: nastyJson,
          source: nastyText,
        },
        { requiredKeys: ['owner', 'leaseMs', 'limit'] },
      )
      .map((claim) => JSON.stringify(claim)),
  )
  const query = fc.array(
    fc.tuple(
      fc.constantFrom('after', 'limit', 'partition', 'source', 'other'),
      fc.oneof(nastyText, fc.constantFrom('0', '1', '1e308', '-1', '9'.repeat(30))),
    ),
    { maxLength: 3 },
  )
  await assertHolds(0.06, fc.tuple(route, body, nastyText, query), async ([target, text, part, pairs]) => {
    const [method, path] = target.split(' ') as [string, string]
    const encoded = encodeURIComponent(part.slice(0, 300).toWellFormed())
    const search = pairs
      .map(([key, value]) => `${key}=${encodeURIComponent(value.slice(0, 300).toWellFormed())}`)
      .join('&')
    const tail = path.endsWith('/')
      ? target === 'POST /parked/'
        ? `${encoded}/replay`
        : encoded
      : path.endsWith('?')
        ? search
        : ''
    await ask(method, path + tail, ['POST', 'PUT'].includes(method) ? text : undefined)
  })
}, 600_000)

test('the service is the same process, and well', async () => {
  expect((await ask('GET', '/health/ready')).body.status).toBe('up')
  expect(store.pid).toBe(pid)
})
