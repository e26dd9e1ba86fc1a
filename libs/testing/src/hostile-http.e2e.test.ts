import { checkText } from '@parvis/contracts/check-text'
import { problems } from '@parvis/contracts/problems'
import fc from 'fast-check'
import { assertHolds, nastyBytes, nastyJson, nastyText } from './hostile.ts'
import { call } from './wall-client.ts'
import { unused, wallUnderTest } from './wall-under-test.ts'

// Whatever comes over HTTP: an answer with a code, never a crash, and what is stored reads back as it was sent.

const resources = new AsyncDisposableStack()
let near = ''
let far = ''
let token = ''

beforeAll(async () => {
  ;({ near, far } = resources.use(await wallUnderTest()))
  token = (await call(`${near}/auth/choose-pseudo`, 'POST', { body: { pseudo: unused('Mallory') } })).body.token
})

afterAll(() => resources.disposeAsync())

/** Every refusal is a problem of the table, and its fault is the sender's, or passes by itself. */
function expectAnswer({ status, headers, body }: Awaited<ReturnType<typeof call>>): void {
  if (status < 400) return
  expect(headers.get('content-type')).toContain('application/problem+json')
  expect(problems).toHaveProperty([body.code])
  expect(status < 500 || status === 503).toBe(true)
}

test('a text is refused with the code of the one check that all roads share, or stored byte for byte', async () => {
  const channel = unused('hostile')
  await assertHolds(0.16, nastyText, async (text) => {
    const answer = await call(`${near}/posts`, 'POST', {
      token,
      body: { text, channel },
      headers: { prefer: 'wait=20' },
    })
    expectAnswer(answer)
    const fault = checkText(text)
    if (fault && answer.status !== 413) expect(answer.body.code).toBe(fault.code)
    if (answer.status >= 400) return
    expect(answer.body.text).toBe(text)
    expect((await call(`${far}/posts/${answer.body.id}`, 'GET')).body.text).toBe(text)
  })
}, 600_000)

test('any JSON and any bytes for a body get an answer', async () => {
  const body = fc.oneof(
    nastyJson.map((value) => JSON.stringify(value) ?? ''),
    nastyBytes.map((bytes) => bytes.toString('latin1')),
  )
  const path = fc.constantFrom('/posts', '/post', '/auth/choose-pseudo')
  await assertHolds(0.12, fc.tuple(path, body), async ([to, text]) => {
    expectAnswer(await call(`${near}${to}`, 'POST', { token, body: text }))
  })
}, 600_000)

test('a pseudo is refused, or given as it will be shown', async () => {
  await assertHolds(0.08, nastyText, async (pseudo) => {
    const chosen = await call(`${near}/auth/choose-pseudo`, 'POST', { body: { pseudo } })
    expectAnswer(chosen)
    if (chosen.status !== 201) return
    const session = await call(`${far}/auth/validate-session`, 'GET', { token: chosen.body.token })
    expect(session.body.pseudo).toBe(chosen.body.pseudo)
    expect((await call(`${near}/auth/session`, 'DELETE', { token: chosen.body.token })).status).toBe(204)
  })
}, 600_000)

test('any query, path and header get an answer', async () => {
  const word = fc.oneof(nastyText, fc.integer().map(String), fc.constantFrom('wall', '1', '0', 'x:1', '-1', '1e3'))
  const name = fc.constantFrom('channel', 'before', 'after', 'limit', 'wait', 'other')
  const query = fc.array(fc.tuple(name, word), { maxLength: 4 })
  // What a header can carry at all: visible Latin-1.
  const value = fc.string({
    unit: fc
      .integer({ min: 0x21, max: 0xff })
      .map((code) => (code > 0x7e && code < 0xa1 ? 'x' : String.fromCharCode(code))),
    minLength: 1,
    maxLength: 90,
  })
  const header = fc.tuple(fc.constantFrom('authorization', 'prefer', 'if-none-match', 'x-forwarded-for'), value)
  await assertHolds(0.08, fc.tuple(query, word, header), async ([pairs, id, [field, text]]) => {
    const search = pairs
      .map(([key, one]) => `${key}=${encodeURIComponent(one.toWellFormed())}`)
      .join('&')
      .slice(0, 6_000)
    expectAnswer(await call(`${near}/posts?${search}`, 'GET', { headers: { [field]: text } }))
    const path = encodeURIComponent(id.slice(0, 300).toWellFormed())
    expectAnswer(await call(`${near}/posts/${path}`, 'GET', { headers: { [field]: text } }))
  })
}, 600_000)
