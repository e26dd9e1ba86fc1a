import { eventually } from './eventually.ts'
import { openSocket } from './live-client.ts'
import { signToken } from './sign-token.ts'
import { startTestWall, type TestWall } from './test-wall.ts'
import { call, tokenOf } from './wall-client.ts'

// Choosing a pseudo, keeping a session, leaving.

const resources = new AsyncDisposableStack()
let at: TestWall

beforeAll(async () => {
  // As long as may be: with each heartbeat word of a session's end that was missed is made up for.
  at = await startTestWall(resources, { env: { HEARTBEAT_MS: '60000' } })
})

afterAll(() => resources.disposeAsync())

const DAY_S = 86_400
const choose = (gateway: string, pseudo: unknown, token?: string) =>
  call(`${gateway}/auth/choose-pseudo`, 'POST', { body: { pseudo }, ...(token !== undefined && { token }) })
const validate = (gateway: string, token?: string) =>
  call(`${gateway}/auth/validate-session`, 'GET', token === undefined ? {} : { token })
const expiredToken = (sessionId: string, pseudo: string, daysAgo: number) =>
  signToken(at.jwtSecret, { sub: sessionId, pseudo, exp: Math.floor(Date.now() / 1000) - daysAgo * DAY_S })

test('a pseudo gives a session of 24 hours, known to every gateway', async () => {
  const before = Date.now()
  const { status, body } = await choose(at.near, '  Ada   Lovelace ')
  expect(status).toBe(201)
  expect(Object.keys(body).sort()).toEqual(['expiresAt', 'pseudo', 'sessionId', 'token'])
  expect(body.pseudo).toBe('Ada Lovelace')
  expect(body.expiresAt).toBeGreaterThanOrEqual(before + DAY_S * 1000)
  expect(body.expiresAt).toBeLessThanOrEqual(Date.now() + DAY_S * 1000)
  const valid = await validate(at.far, body.token)
  // A token counts whole seconds.
  const expiresAt = Math.floor(body.expiresAt / 1000) * 1000
  expect(valid).toMatchObject({ status: 200 })
  expect(valid.body).toEqual({ valid: true, pseudo: 'Ada Lovelace', sessionId: body.sessionId, expiresAt })
})

test('a pseudo that someone has is refused with one that is free', async () => {
  await tokenOf(at.near, 'Grace')
  const taken = await choose(at.far, 'grace')
  expect(taken).toMatchObject({ status: 409, body: { code: 'pseudo-taken', field: 'pseudo' } })
  expect((await choose(at.far, taken.body.suggestion)).status).toBe(201)
})

test('a free pseudo that is offered is a fit one, also for one of 30 characters', async () => {
  const long = `${'é'.repeat(27)}👩🏽‍🚀ab`
  await tokenOf(at.near, long)
  const { suggestion } = (await choose(at.near, long)).body
  expect((await choose(at.near, suggestion)).body).toMatchObject({ pseudo: suggestion })
})

test('a pseudo whose skeleton is seven times its own length is taken like any other', async () => {
  const pseudo = '꽦'.repeat(30)
  expect((await choose(at.near, pseudo)).body).toMatchObject({ pseudo })
  expect((await choose(at.far, pseudo)).body).toMatchObject({ code: 'pseudo-taken' })
})

test('of many who want the same pseudo at once on two gateways one gets it', async () => {
  for (const pseudo of ['Highlander', 'Duncan', 'Ramirez']) {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => choose(i % 2 ? at.near : at.far, pseudo)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409])
  }
})

test.each([
  ['empty', '', 'pseudo-not-fit'],
  ['blank', '  ', 'pseudo-not-fit'],
  ['longer than 30 characters', 'a'.repeat(31), 'pseudo-not-fit'],
  ['with a zero-width space', 'Ad\u200ba', 'pseudo-not-fit'],
  ['with a line break', 'Ad\na', 'pseudo-not-fit'],
  ['of two scripts', 'Adа', 'pseudo-not-fit'],
  ['that is a number', 5, 'value-not-fit'],
])('a pseudo %s is refused', async (_what, pseudo, code) => {
  expect(await choose(at.near, pseudo)).toMatchObject({ status: 422, body: { code, field: 'pseudo' } })
})

test('a wish without a pseudo, or with more than one, is refused', async () => {
  for (const body of [{}, { pseudo: 'Eve', admin: true }]) {
    const answer = await call(`${at.near}/auth/choose-pseudo`, 'POST', { body })
    expect(answer).toMatchObject({ status: 422, body: { code: 'value-not-fit' } })
  }
})

test('with its token a session goes on under another pseudo, and the old one is free', async () => {
  const first = (await choose(at.near, 'Norma')).body
  const second = (await choose(at.far, 'Marilyn', first.token)).body
  expect(second).toMatchObject({ sessionId: first.sessionId, pseudo: 'Marilyn' })
  expect((await choose(at.near, 'Norma')).status).toBe(201)
  // Somebody else is Norma now, so the first token says nothing any more.
  expect(await validate(at.far, first.token)).toMatchObject({ status: 401, body: { code: 'session-ended' } })
  const posted = await call(`${at.far}/posts`, 'POST', { token: first.token, body: { text: 'I am Norma' } })
  expect(posted).toMatchObject({ status: 401, body: { code: 'session-ended' } })
  // Its own pseudo is not taken from it, however it is spelled.
  const third = await choose(at.near, 'MARILYN', second.token)
  expect(third).toMatchObject({ status: 201, body: { sessionId: first.sessionId } })
})

test.each([
  [6.9, true],
  [7.1, false],
])('a token that expired %d days ago keeps its session: %s', async (days, kept) => {
  const pseudo = `Rip ${kept}`
  const { sessionId } = (await choose(at.near, pseudo)).body
  const again = await choose(at.far, `${pseudo} Winkle`, expiredToken(sessionId, pseudo, days))
  expect(again.status).toBe(201)
  expect(again.body.sessionId === sessionId).toBe(kept)
})

test('a token that is not one of this wall, or is over, is refused by its code', async () => {
  const { sessionId, token } = (await choose(at.near, 'Mallory')).body
  const claims = { sub: sessionId, pseudo: 'Mallory', exp: Math.floor(Date.now() / 1000) + DAY_S }
  const refused = async (bad?: string) => (await validate(at.near, bad)).body
  expect(await validate(at.near)).toMatchObject({ status: 401, body: { code: 'token-missing' } })
  expect(await refused('nonsense')).toMatchObject({ status: 401, code: 'token-invalid' })
  expect(await refused(signToken('x'.repeat(43), claims))).toMatchObject({ code: 'token-invalid' })
  expect(await refused(signToken(at.jwtSecret, claims, { alg: 'none' }))).toMatchObject({ code: 'token-invalid' })
  expect(await refused(`${token.slice(0, -3)}AAA`)).toMatchObject({ code: 'token-invalid' })
  expect(await refused(expiredToken(sessionId, 'Mallory', 0.1))).toMatchObject({ status: 401, code: 'token-expired' })
  const stranger = signToken(at.jwtSecret, { ...claims, sub: '01890000-0000-7000-8000-00000000abcd' })
  expect(await refused(stranger)).toMatchObject({ status: 401, code: 'session-ended' })
  expect(await refused(token)).toMatchObject({ valid: true })
})

test('leaving closes the session on every gateway: its sockets, its token, its pseudo', async () => {
  const { token } = (await choose(at.near, 'Greta')).body
  using here = await openSocket(at.near)
  using there = await openSocket(at.far)
  using other = await openSocket(at.far)
  for (const { send } of [here, there]) send({ type: 'session.open', token })
  other.send({ type: 'session.open', token: await tokenOf(at.far, 'Someone else') })
  await Promise.all([here, there, other].map(({ frame }) => frame({ type: 'session.opened' })))
  const answer = await call(`${at.near}/auth/session`, 'DELETE', { token })
  expect([answer.status, answer.body]).toEqual([204, undefined])
  await eventually(() => expect([here, there].every(({ socket }) => socket.readyState === socket.CLOSED)).toBe(true))
  expect(await Promise.all([here.closed, there.closed])).toEqual([4401, 4401])
  expect(other.socket.readyState).toBe(other.socket.OPEN)
  for (const gateway of [at.near, at.far]) {
    await eventually(async () =>
      expect(await validate(gateway, token)).toMatchObject({ status: 401, body: { code: 'session-ended' } }),
    )
    const posted = await call(`${gateway}/posts`, 'POST', { token, body: { text: 'after all' } })
    expect(posted).toMatchObject({ status: 401, body: { code: 'session-ended' } })
  }
  expect((await choose(at.far, 'Greta')).status).toBe(201)
  expect(await call(`${at.near}/auth/session`, 'DELETE')).toMatchObject({ status: 401 })
})

test('what a session that was left sends again is not the same session', async () => {
  const first = (await choose(at.near, 'Phoenix')).body
  await call(`${at.near}/auth/session`, 'DELETE', { token: first.token })
  const again = await choose(at.far, 'Phoenix', first.token)
  expect(again.status).toBe(201)
  expect(again.body.sessionId).not.toBe(first.sessionId)
  const later = await choose(at.far, 'Phoenix II', expiredToken(first.sessionId, 'Phoenix', 1))
  expect(later.body.sessionId).not.toBe(first.sessionId)
})
