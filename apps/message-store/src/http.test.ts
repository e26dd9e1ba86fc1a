import { freshGround } from '@parvis/testing/fresh-ground'
import { call } from '@parvis/testing/wall-client'
import { startStore } from './testing/start-store.ts'

// The service's HTTP interface, as a program in any language sees it.

const resources = new AsyncDisposableStack()
let store: Awaited<ReturnType<typeof startStore>>

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  store = resources.use(await startStore(ground, { LOG_LEVEL: 'debug' }))
})

afterAll(() => resources.disposeAsync())

const http = (method: string, path: string, body?: unknown) =>
  call(`${store.url}${path}`, method, { body, token: store.token })
const message = (messageId: string, content = '{"text":"hidden"}') => ({
  messageId,
  routingKey: 'post.created.p0',
  content,
  options: { exchange: 'wall.commands', type: 'post.created', mandatory: true, partition: 0, source: 'gateway.1' },
  timestamp: Date.now(),
})

test('a message is added with 201, with 200 when it is there already, listed, and removed with 204, then 404', async () => {
  expect((await http('POST', '/messages', message('m1'))).status).toBe(201)
  expect((await http('POST', '/messages', message('m1'))).status).toBe(200)
  const page = await http('GET', '/messages?limit=1')
  expect(page.body).toMatchObject({ messages: [{ messageId: 'm1', expired: false }], next: null })
  expect((await http('DELETE', '/messages/m1')).status).toBe(204)
  expect((await http('DELETE', '/messages/m1')).status).toBe(404)
})

test('a mark is claimed with 201 by one, 409 with its mark by all others; unknown is 404, forgotten 204', async () => {
  expect((await http('GET', '/idempotency/i1')).status).toBe(404)
  const answers = await Promise.all(
    [1, 2, 3].map(() => http('POST', '/idempotency', { messageId: 'i1', leaseMs: 60_000 })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  const lost = answers.find(({ status }) => status === 409)!
  expect(lost.body).toMatchObject({ code: 'already-claimed', mark: { messageId: 'i1', state: 'claimed' } })
  const { token } = answers.find(({ status }) => status === 201)!.body
  expect((await http('PUT', '/idempotency/i1', { token: 'another', result: 1 })).status).toBe(409)
  expect((await http('PUT', '/idempotency/i1', { token, result: { seq: 1 } })).status).toBe(200)
  expect((await http('GET', '/idempotency/i1')).body).toMatchObject({ state: 'done', result: { seq: 1 } })
  expect((await http('DELETE', '/idempotency/i1')).status).toBe(204)
  expect((await http('DELETE', '/idempotency/i1')).status).toBe(404)
})

test('every route asks for the service token', async () => {
  const { paths } = (await call(`${store.url}/openapi.json`, 'GET')).body as { paths: Record<string, object> }
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path.replace(/\{\w+\}/g, 'x')] as const),
  )
  const asked = routes.filter(([, path]) => !path.startsWith('/health') && path !== '/metrics')
  expect(asked).toHaveLength(16)
  for (const [method, path] of asked) {
    for (const token of [undefined, 'wrong']) {
      const answer = await call(`${store.url}${path}`, method, token === undefined ? {} : { token })
      expect([method, path, answer.status]).toEqual([method, path, 401])
    }
  }
})

test.each([
  ['POST', '/messages', { ...message('x'), colour: 'red' }, 422, 'colour'],
  ['POST', '/messages', { ...message('x'), timestamp: 'now' }, 422, 'timestamp'],
  ['POST', '/messages/claim', { owner: 'a', leaseMs: 0, limit: 1 }, 422, 'leaseMs'],
  ['POST', '/messages/claim', { owner: 'a b', leaseMs: 1, limit: 1 }, 422, 'owner'],
  ['POST', '/idempotency', {}, 422, 'messageId'],
  ['GET', '/messages?limit=201', undefined, 422, 'limit'],
  ['POST', '/messages', '{"messageId":', 400, undefined],
])('a misfit is refused with its field: %# %s %s', async (method, path, body, status, field) => {
  const answer = await http(method, path, body)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect([answer.status, answer.body.field]).toEqual([status, field])
})

test('a command of 100 posts of 4 KiB fits; what is larger than 1 MiB is 413', async () => {
  // Quotes are escaped twice; a text has 500 graphemes, so at most 500 of them.
  const text = `${'"'.repeat(499)}e${'\u0301'.repeat((4096 - 500) / 2)}`
  expect(Buffer.byteLength(text)).toBe(4096)
  const id = crypto.randomUUID()
  const post = {
    id,
    clientId: id,
    sessionId: id,
    channel: 'c'.repeat(64),
    author: 'é'.repeat(60),
    text,
    createdAt: Date.now(),
  }
  const command = JSON.stringify({ type: 'post.created', version: 1, messageId: id, posts: Array(100).fill(post) })
  expect((await http('POST', '/messages', message('large', command))).status).toBe(201)
  expect((await http('GET', '/messages?limit=1')).body.messages[0].content).toBe(command)
  await http('DELETE', '/messages/large')
  expect((await http('POST', '/messages', message('x', 'x'.repeat(1024 * 1024)))).status).toBe(413)
})

test('counts what it does, and logs it without bodies or tokens', async () => {
  await http('POST', '/messages', message('counted'))
  const claim = { owner: 'gateway.2', leaseMs: 1_000, limit: 1 }
  expect((await http('POST', '/messages/claim', claim)).body.messages).toHaveLength(1)
  await http('POST', '/idempotency', { messageId: 'counted' })
  const metrics = await (await fetch(`${store.url}/metrics`)).text()
  for (const series of [
    'messages_total{outcome="added"',
    'messages_total{outcome="claimed"',
    'claims_total{outcome="won"',
  ]) {
    expect(metrics).toMatch(new RegExp(`parvis_\\w*${series.replace(/[{}]/g, '\\$&')}.*\\} [1-9]`))
  }
  expect(metrics).toContain('parvis_stored_oldest_seconds')
  const log = store.lines.join('\n')
  expect(log).toContain('idempotency checked')
  expect(log).toContain('claimed')
  expect(log).not.toContain('hidden')
  expect(log).not.toContain(store.token)
  await http('DELETE', '/messages/counted')
})

test('is ready, and says what it leans on', async () => {
  const { status, body } = await http('GET', '/health/ready')
  expect([status, body]).toEqual([200, { status: 'up', checks: { mysql: 'up', redis: 'up' } }])
})
