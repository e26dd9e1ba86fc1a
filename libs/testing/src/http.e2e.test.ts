import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { startTestWall, type TestWall } from './test-wall.ts'
import { call, tokenOf } from './wall-client.ts'

// Posting over HTTP, and what every answer has.

const resources = new AsyncDisposableStack()
let at: TestWall
let token = ''

beforeAll(async () => {
  const webRoot = await mkdtemp(join(tmpdir(), 'parvis-page-'))
  resources.defer(() => rm(webRoot, { recursive: true }))
  await mkdir(join(webRoot, 'assets'))
  await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>Parvis</title>')
  await writeFile(join(webRoot, 'assets', 'index-abc123.js'), 'export {}')
  at = await startTestWall(resources, {
    webRoot,
    env: { ALLOWED_ORIGINS: 'https://friends.example, http://a.example' },
  })
  token = await tokenOf(at.near, 'Poster')
})

afterAll(() => resources.disposeAsync())

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const post = (gateway: string, body: unknown, headers: Record<string, string> = {}, as = token) =>
  call(`${gateway}/posts`, 'POST', { token: as, body, headers })
const waiting = { prefer: 'wait=15' }
const sixLinks = [...'abcdef'].map((letter) => `http://${letter}.example`).join(' ')

test.each(['/posts', '/post'])('POST %s answers 202 with the post and where it will be', async (path) => {
  const { status, headers, body } = await call(at.near + path, 'POST', { token, body: { text: 'hello' } })
  expect(status).toBe(202)
  expect(Object.keys(body)).toEqual(['id', 'clientId', 'channel', 'status'])
  expect(body).toMatchObject({ channel: 'wall', status: 'accepted' })
  expect([body.id, body.clientId]).toEqual([expect.stringMatching(UUID_V7), expect.stringMatching(UUID_V7)])
  expect(headers.get('location')).toBe(`/posts/${body.id}`)
})

test('a client id makes a post once, on any gateway and at the same time; without one each is its own', async () => {
  const id = '01890000-0000-7000-8000-00000000c0de'
  const sent = await Promise.all([at.near, at.far, at.near].map((g) => post(g, { text: 'once', channel: 'once', id })))
  expect(sent.map(({ status }) => status)).toEqual([202, 202, 202])
  expect(new Set(sent.map(({ body }) => body.id)).size).toBe(1)
  expect(sent[0]!.body).toMatchObject({ clientId: id, channel: 'once' })
  // Somebody else's post with that id is another post.
  const other = await post(at.near, { text: 'mine', channel: 'once', id }, waiting, await tokenOf(at.near, 'Other'))
  await post(at.near, { text: 'again', channel: 'once' })
  await post(at.far, { text: 'again', channel: 'once' }, waiting)
  expect(other.body.id).not.toBe(sent[0]!.body.id)
  await eventually(async () => {
    const { body } = await call(`${at.far}/posts?channel=once`, 'GET')
    const texts = body.entries.map((entry: { post: { text: string } }) => entry.post.text)
    expect(texts.sort()).toEqual(['again', 'again', 'mine', 'once'])
  })
})

test('Prefer: wait answers with the stored post, or says that it is refused or that its id was used', async () => {
  const id = '01890000-0000-7000-8000-00000000abcd'
  const stored = await post(at.near, { text: 'see @Ada http://a.example', channel: '#Waiting', id }, waiting)
  expect(stored.status).toBe(201)
  expect(stored.headers.get('preference-applied')).toBe('wait=15')
  expect(stored.headers.get('location')).toBe(`/posts/${stored.body.id}`)
  expect(stored.body).toMatchObject({ status: 'stored', seq: 1, clientId: id, channel: 'waiting', author: 'Poster' })
  const { createdAt, reviewedAt, storedAt, epoch } = stored.body
  expect(createdAt <= reviewedAt && reviewedAt <= storedAt).toBe(true)
  expect(epoch).toMatch(/./)
  expect((await call(`${at.far}${stored.headers.get('location')}`, 'GET')).body).toEqual(stored.body)
  // The second would be refused whatever its id was.
  for (const text of ['another', 'fuck']) {
    const other = await post(at.far, { text, channel: 'waiting', id }, waiting)
    expect(other).toMatchObject({ status: 409, body: { code: 'id-used', field: 'id', id: stored.body.id } })
  }
  const refused = await post(at.near, { text: sixLinks, channel: 'waiting' }, waiting)
  expect(refused).toMatchObject({ status: 422, body: { code: 'too-many-links' } })
  await eventually(async () => {
    const found = await call(`${at.far}/posts/${refused.body.id}`, 'GET')
    expect(found.body).toMatchObject({ id: refused.body.id, status: 'refused', code: 'too-many-links' })
  })
  // One that does not want to wait is not kept waiting.
  expect((await post(at.near, { text: 'now' }, { prefer: 'respond-async, wait=0' })).status).toBe(202)
})

test('a post that nobody knows is 404, an id that is none 422', async () => {
  const absent = await call(`${at.near}/posts/01890000-0000-7000-8000-00000000dead`, 'GET')
  expect(absent).toMatchObject({ status: 404, body: { code: 'not-known-yet' } })
  expect(await call(`${at.near}/posts/42`, 'GET')).toMatchObject({ status: 422, body: { field: 'id' } })
})

test('without a good token nothing is posted', async () => {
  const none = await call(`${at.near}/posts`, 'POST', { body: { text: 'a' } })
  expect(none).toMatchObject({ status: 401, body: { code: 'token-missing' } })
  expect(await post(at.near, { text: 'a' }, {}, 'bad')).toMatchObject({ status: 401, body: { code: 'token-invalid' } })
})

test.each([
  ['text/plain', '{"text":"a"}', 415, 'content-type'],
  ['application/x-www-form-urlencoded', 'text=a', 415, 'content-type'],
  ['application/json', '', 400, 'malformed-json'],
  ['application/json', '{"text":"a"', 400, 'malformed-json'],
  ['application/json', '"a"', 422, 'value-not-fit'],
  ['application/json', '{"text":"a","__proto__":{}}', 400, 'malformed-json'],
  ['application/json', `{"text":"${'a'.repeat(16 * 1024)}"}`, 413, 'body-too-large'],
  ['application/json', '{"text":"a","id":"42"}', 422, 'value-not-fit'],
])('a body of %s that is %.30s is %d %s', async (type, body, status, code) => {
  const answer = await post(at.near, body, { 'content-type': type })
  expect(answer).toMatchObject({ status, body: { code, status } })
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
})

test.each([
  ['GET', '/nothing', 404, 'not-found', null],
  ['POST', '/nothing', 404, 'not-found', null],
  ['GET', '/ws', 404, 'not-found', null],
  ['PUT', '/posts', 405, 'method-not-allowed', 'GET, HEAD, POST'],
  ['DELETE', '/posts/0190a5c0-0000-7000-8000-000000000000?a=1', 405, 'method-not-allowed', 'GET, HEAD'],
  ['GET', '/auth/choose-pseudo', 405, 'method-not-allowed', 'POST'],
])('%s %s is %d %s, and a problem too', async (method, path, status, code, allowed) => {
  const answer = await call(at.near + path, method)
  expect(answer).toMatchObject({ status, body: { code, type: `urn:parvis:problem:${code}` } })
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(answer.headers.get('allow')).toBe(allowed)
})

test('the page may run nothing but its own files, and only they are kept by the browser', async () => {
  const page = await fetch(`${at.near}/`)
  expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>Parvis</title>'])
  expect(page.headers.get('content-security-policy')?.split(/; ?/).sort()).toEqual([
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "font-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "img-src 'self'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "script-src 'self'",
    "script-src-attr 'none'",
    "style-src 'self'",
    "trusted-types 'none'",
  ])
  expect(Object.fromEntries(page.headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': expect.stringMatching(/camera=\(\).*geolocation=\(\).*microphone=\(\)/),
  })
  expect(page.headers.has('strict-transport-security')).toBe(false)
  expect(page.headers.get('cache-control')).toBe('no-cache')
  const part = await fetch(`${at.near}/assets/index-abc123.js`)
  expect(part.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  await part.body?.cancel()
})

test.each(['/posts', '/posts/x', '/nowhere'])(
  'what %s answers is data: a browser may not take it for a page',
  async (path) => {
    const { headers } = await call(at.near + path, 'GET')
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': expect.stringContaining('json'),
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    })
  },
)

test('health and metrics say how the gateway is', async () => {
  expect((await call(`${at.near}/health/live`, 'GET')).body).toEqual({ status: 'live' })
  const ready = await call(`${at.near}/health/ready`, 'GET')
  expect(ready).toMatchObject({
    status: 200,
    body: { status: 'up', checks: { rabbitmq: 'up', mysql: 'up', redis: 'up' } },
  })
  const metrics = await (await fetch(`${at.near}/metrics`)).text()
  for (const name of ['parvis_sockets', 'parvis_channels', 'parvis_posts_waiting', 'parvis_reads_total'])
    expect(metrics).toMatch(new RegExp(`^${name}\\{[^}]*service="gateway"[^}]*\\} \\d`, 'm'))
})

test('a page of an allowed host may use the HTTP API, any other may not', async () => {
  const asked = (origin: string, method: string, headers = {}) =>
    fetch(`${at.near}/posts`, { method, headers: { origin, ...headers } })
  for (const origin of ['https://friends.example', 'http://a.example']) {
    const preflight = await asked(origin, 'OPTIONS', {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,prefer',
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/authorization.*content-type.*prefer/)
    const got = await asked(origin, 'GET')
    expect(got.headers.get('access-control-allow-origin')).toBe(origin)
    expect(got.headers.get('access-control-expose-headers')).toMatch(/etag.*location.*retry-after.*x-parvis-source/)
    expect(got.headers.get('vary')).toMatch(/origin/i)
    expect(got.headers.get('access-control-allow-credentials')).toBeNull()
    await got.body?.cancel()
  }
  for (const origin of [
    'https://foe.example',
    'http://friends.example',
    'https://friends.example.foe.example',
    'null',
  ]) {
    const got = await asked(origin, 'GET')
    expect(got.headers.get('access-control-allow-origin')).toBeNull()
    await got.body?.cancel()
  }
})

test('the newest page, which is kept ready, says the same of other hosts as a page that is not', async () => {
  const headersOf = async (query: string) => {
    const { headers } = await call(`${at.near}/posts${query}`, 'GET')
    return Object.fromEntries(['vary', 'access-control-expose-headers'].map((name) => [name, headers.get(name)]))
  }
  expect(await headersOf('')).toEqual(await headersOf('?limit=49'))
  expect((await headersOf('')).vary).toBe('Origin')
})
