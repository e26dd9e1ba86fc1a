import jwt, { type JWT } from '@fastify/jwt'
import { createHttpServer } from '@parvis/service/http-server'
import { createMetrics } from '@parvis/service/metrics'
import { pino } from 'pino'
import { createSessions } from './sessions.ts'
import type { SessionsTable } from './sessions-table.ts'

// Tokens are signed and verified for real; of the table only who lives is asked.

const log = pino({ level: 'silent' })
const app = createHttpServer({ log, metrics: createMetrics('test'), readiness: () => ({}), bodyBytes: 1024 })
const living = async (ids: readonly string[]) => new Map(ids.map((id) => [id, 'Ada']))
beforeAll(() => app.register(jwt, { secret: 's'.repeat(32), verify: { algorithms: ['HS256'] } }).then(() => {}))
const { now } = Date
afterEach(() => {
  Date.now = now
})
afterAll(() => app.close())

function setUp() {
  let verified = 0
  const verify = ((...args: Parameters<JWT['verify']>) => {
    verified++
    return app.jwt.verify(...args)
  }) as JWT['verify']
  const table = { living } as SessionsTable
  const sessions = createSessions({ jwt: { ...app.jwt, verify }, table, log })
  const token = sessions.sign({ id: crypto.randomUUID(), pseudo: 'Ada', expiresAt: Date.now() + 60_000 })
  return { sessions, table, token, verified: () => verified }
}

test('a token is verified once, and refused when its time is over all the same', async () => {
  const { sessions, token, verified } = setUp()
  for (let n = 0; n < 3; n++) expect(await sessions.check(token)).toMatchObject({ pseudo: 'Ada' })
  expect(verified()).toBe(1)
  Date.now = () => now() + 61_000
  await expect(sessions.check(token)).rejects.toMatchObject({ problem: { code: 'token-expired' } })
})

test('a token of before a change of pseudo is refused at once, also by a gateway that has just seen it', async () => {
  const { sessions, table, token } = setUp()
  const { id, expiresAt } = await sessions.check(token)
  table.living = async (ids) => new Map(ids.map((each) => [each, 'Grace']))
  sessions.remember({ id, pseudo: 'Grace' })
  await expect(sessions.check(token)).rejects.toMatchObject({ problem: { code: 'session-ended' } })
  expect(await sessions.check(sessions.sign({ id, pseudo: 'Grace', expiresAt }))).toMatchObject({ pseudo: 'Grace' })
  // It is over for a while without asking again, so that nobody keeps MySQL busy with it.
  table.living = () => Promise.reject(new Error('away'))
  await expect(sessions.check(token)).rejects.toMatchObject({ problem: { code: 'session-ended' } })
  // Nobody can be asked: both are believed, and the one does not shut out the other.
  Date.now = () => now() + 6_000
  for (const good of [token, sessions.sign({ id, pseudo: 'Grace', expiresAt })]) {
    expect(await sessions.check(good)).toMatchObject({ id })
  }
})

test('a token that was verified is refused when its session has ended, and so is one that is a letter different', async () => {
  const { sessions, token } = setUp()
  const { id } = await sessions.check(token)
  const other = token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA')
  await expect(sessions.check(other)).rejects.toMatchObject({ problem: { code: 'token-invalid' } })
  sessions.onEnded(id)
  await expect(sessions.check(token)).rejects.toMatchObject({ problem: { code: 'session-ended' } })
})

test.each([
  ['no session', { pseudo: 'Ada', exp: 4_000_000_000 }],
  ['a session that is none', { sub: 'ada', pseudo: 'Ada', exp: 4_000_000_000 }],
  ['no pseudo', { sub: crypto.randomUUID(), exp: 4_000_000_000 }],
  ['no end', { sub: crypto.randomUUID(), pseudo: 'Ada' }],
])('a token that is signed as it must be but names %s is refused', async (_what, claims) => {
  const { sessions } = setUp()
  const refused = { problem: { code: 'token-invalid' } }
  await expect(sessions.check(app.jwt.sign(claims))).rejects.toMatchObject(refused)
  await expect(sessions.renewable(app.jwt.sign(claims))).rejects.toMatchObject(refused)
})

test('an expired token lets its session go on, unless its holder had left it', async () => {
  const { sessions, table } = setUp()
  const id = crypto.randomUUID()
  const old = sessions.sign({ id, pseudo: 'Ada', expiresAt: Date.now() - 60_000 })
  table.living = async () => new Map()
  table.wasLeft = async () => false
  expect(await sessions.renewable(old)).toBe(id)
  table.wasLeft = async () => true
  expect(await sessions.renewable(old)).toBeUndefined()
})
