import { connect } from 'node:net'
import { pino } from 'pino'
import { Type } from 'typebox'
import { createHttpServer, listen, type Readiness } from './http-server.ts'
import { createMetrics } from './metrics.ts'
import { requireServiceToken } from './service-token.ts'

// A server with one route, really listening.

const token = 't'.repeat(32)
const resources = new AsyncDisposableStack()
const lines: string[] = []
let checks: ReturnType<Readiness> = {}
let url = ''

beforeAll(async () => {
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) })
  const app = createHttpServer({ log, metrics: createMetrics('test'), readiness: () => checks, bodyBytes: 1024 })
  const body = Type.Object(
    { name: Type.String({ minLength: 2 }), more: Type.Optional(Type.Object({ size: Type.Integer() })) },
    { additionalProperties: false },
  )
  const querystring = Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1 })) })
  app.post('/things', { schema: { body, querystring } }, async (request) => ({ got: request.body, ...request.query }))
  app.get('/secret', { onRequest: requireServiceToken(token) }, async () => ({ secret: true }))
  app.get('/broken', async () => {
    throw new Error('the password is hunter2')
  })
  app.get('/away', async () => {
    throw Object.assign(new Error('MySQL is away'), { name: 'TransientError' })
  })
  url = resources.use(await listen(app, '127.0.0.1', 0)).url
})
afterAll(() => resources.disposeAsync())

async function send(path: string, init: RequestInit = {}) {
  const response = await fetch(url + path, init)
  const body = (await response.json()) as Record<string, unknown>
  return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, body }
}
const post = (body: string | Buffer<ArrayBuffer>, path = '/things', type = 'application/json') =>
  send(path, { method: 'POST', body, headers: { 'content-type': type } })

/** Sends bytes as they are, and gives all that comes until the server ends the connection. */
async function sendBytes(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(bytes)
  let answer = ''
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk
  return answer
}

test('what fits is answered', async () => {
  expect(await post('{"name": "Ada"}', '/things?limit=5')).toMatchObject({ status: 200, body: { limit: 5 } })
})

test.each([
  ['an address that is none', () => send('/nothing'), 404, 'not-found', undefined],
  ['a method that the address has not', () => send('/things?limit=5'), 405, 'method-not-allowed', undefined],
  ['a body over the limit', () => post(`{"name": "${'a'.repeat(2_000)}"}`), 413, 'body-too-large', undefined],
  ['a form', () => post('name=Ada', '/things', 'application/x-www-form-urlencoded'), 415, 'content-type', undefined],
  ['half of a JSON text', () => post('{"name":'), 400, 'malformed-json', undefined],
  ['an empty body', () => post(''), 400, 'malformed-json', undefined],
  ['no JSON at all', () => post('name'), 400, 'malformed-json', undefined],
  ['no UTF-8', () => post(Buffer.from('{"name": "Ad\xff"}', 'latin1')), 400, 'malformed-json', undefined],
  ['a missing field', () => post('{}'), 422, 'value-not-fit', 'name'],
  ['a number for a text', () => post('{"name": 5}'), 422, 'value-not-fit', 'name'],
  ['a text that is too short', () => post('{"name": "A"}'), 422, 'value-not-fit', 'name'],
  ['a field inside', () => post('{"name": "Ada", "more": {"size": "5"}}'), 422, 'value-not-fit', 'more.size'],
  ['an unknown field', () => post('{"name": "Ada", "colour": "red"}'), 422, 'value-not-fit', 'colour'],
  ['a query that does not fit', () => post('{"name": "Ada"}', '/things?limit=0'), 422, 'value-not-fit', 'limit'],
])('%s is refused as problem+json, with its code and field', async (_what, request, status, code, field) => {
  const answer = await request()
  expect(answer.status).toBe(status)
  expect(answer.type).toContain('application/problem+json')
  expect(answer.body).toMatchObject({ type: `urn:parvis:problem:${code}`, status, code, title: expect.any(String) })
  expect(answer.body.field).toBe(field)
})

test.each([
  ['no HTTP at all', 'HELLO\r\n\r\n', 400, 'malformed-request'],
  [
    'two lengths',
    'POST /things HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    400,
    'malformed-request',
  ],
  ['headers over 16 KiB', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`, 431, 'head-too-large'],
])(
  '%s: what cannot be read as a request is refused as problem+json, and the connection ended',
  async (_what, text, status, code) => {
    const answer = await sendBytes(text)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .*content-type: application/problem\\+json`, 's'))
    expect(JSON.parse(body)).toMatchObject({ status, code })
  },
)

test.each([
  ['none', undefined],
  ['another of the same length', `Bearer ${'u'.repeat(32)}`],
  ['a longer one', `Bearer ${token}x`],
  ['no word before it', token],
  ['another way', `Basic ${token}`],
])('an operators’ route refuses without the service token: %s', async (_what, authorization) => {
  const answer = await send('/secret', { headers: authorization ? { authorization } : {} })
  expect(answer).toMatchObject({ status: 401, body: { code: 'service-token-invalid' } })
})

test('the service token opens it', async () => {
  expect(await send('/secret', { headers: { authorization: `Bearer ${token}` } })).toMatchObject({ status: 200 })
})

test('our own fault is logged, and the answer says nothing of it', async () => {
  const answer = await send('/broken')
  expect(answer).toMatchObject({ status: 500, body: { code: 'internal-error' } })
  expect(JSON.stringify(answer.body)).not.toContain('hunter2')
  expect(lines.join()).toContain('hunter2')
})

test('what may be repeated is 503 with Retry-After', async () => {
  const answer = await send('/away')
  expect(answer).toMatchObject({ status: 503, body: { code: 'not-available' } })
  expect(answer.headers.get('retry-after')).toBe('1')
})

test('health: the loop turns; ready when nothing that it leans on is down; figures for a scraper', async () => {
  expect(await send('/health/live')).toMatchObject({ status: 200 })
  checks = { mysql: 'up', redis: 'degraded' }
  expect(await send('/health/ready')).toMatchObject({ status: 200, body: { status: 'degraded', checks } })
  checks = { mysql: 'down', redis: 'degraded' }
  expect(await send('/health/ready')).toMatchObject({ status: 503, body: { status: 'down', checks } })
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('process_cpu_seconds_total{service="test"}')
})

test.each([
  ['no proxy', 0, '10.0.0.1', '127.0.0.1'],
  ['one proxy', 1, '10.0.0.1', '10.0.0.1'],
  ['one proxy, and a client that makes something up', 1, '10.9.9.9, 10.0.0.1', '10.0.0.1'],
  ['one proxy that says nothing', 1, undefined, '127.0.0.1'],
  ['two proxies', 2, '10.9.9.9, 10.0.0.1, 10.0.0.2', '10.0.0.1'],
])('behind %s: a request comes from the address that the outermost saw', async (_what, proxies, forwarded, address) => {
  const log = pino({ level: 'silent' })
  const app = createHttpServer({ log, metrics: createMetrics('ip'), readiness: () => checks, bodyBytes: 1, proxies })
  app.get('/from', async (request) => ({ from: request.ip }))
  await using server = await listen(app, '127.0.0.1', 0)
  const answer = await fetch(`${server.url}/from`, { headers: forwarded ? { 'x-forwarded-for': forwarded } : {} })
  expect(await answer.json()).toEqual({ from: address })
})

test('a port that is taken is said in a plain sentence', async () => {
  const log = pino({ level: 'silent' })
  const app = createHttpServer({ log, metrics: createMetrics('other'), readiness: () => ({}), bodyBytes: 1 })
  const port = Number(new URL(url).port)
  await expect(listen(app, '127.0.0.1', port)).rejects.toThrow(`port ${port} is taken: set PORT to another one`)
})
