import { randomBytes } from 'node:crypto'
import type { Ground } from '@parvis/stack/ground'
import { startService } from '@parvis/stack/service'
import { serviceAddresses } from '@parvis/stack/service-accounts'
import { serviceEnv } from '@parvis/stack/service-env'
import { startWall, type Wall } from '@parvis/stack/supervise'
import { windowKeys } from '@parvis/storage/window'
import { Redis } from 'ioredis'
import { createConnection } from 'mysql2/promise'
import { publishByHand } from './by-hand.ts'
import { cuttableProxy } from './cuttable-proxy.ts'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// Nothing that people wrote and nothing that opens a door is in any line that any service logs, however much it is
// asked to log, and whatever breaks.

const resources = new AsyncDisposableStack()
const secrets = { jwt: randomBytes(32).toString('base64url'), service: randomBytes(32).toString('base64url') }
const lines: string[] = []
const said = (line: string) => void lines.push(line)
/** What must not be logged, by what it is. */
const hidden = new Map<string, string>()
let ground: Ground
let wall: Wall
let near = ''
const servers = {} as Record<'rabbitmq' | 'mysql' | 'redis', Awaited<ReturnType<typeof cuttableProxy>>>

/** A word that is nowhere else, to be looked for in the logs. */
function word(what: string): string {
  const made = `${what}${randomBytes(8).toString('hex')}`
  hidden.set(`${what} ${hidden.size}`, made)
  return made
}

beforeAll(async () => {
  ground = resources.use(await freshGround())
  const { rabbitmq, mysql, redis } = ground.servers
  servers.rabbitmq = resources.use(await cuttableProxy(rabbitmq.url))
  servers.mysql = resources.use(await cuttableProxy(mysql.url))
  servers.redis = resources.use(await cuttableProxy(redis.url))
  const reached = {
    ...ground.servers,
    rabbitmq: { ...rabbitmq, url: servers.rabbitmq.url },
    mysql: { url: servers.mysql.url },
    redis: { url: servers.redis.url },
  }
  const env = { ...process.env, REDIS_PREFIX: ground.redisPrefix, LOG_LEVEL: 'trace' }
  wall = resources.use(await startWall({ servers: reached, log: said, said, env, secrets, restart: false }))
  near = wall.gateways[0]!.url

  hidden.set('JWT_SECRET', secrets.jwt)
  hidden.set('SERVICE_TOKEN', secrets.service)
  const accounts = serviceAddresses(ground.servers)
  for (const [kind, addresses] of Object.entries({
    RabbitMQ: { ...accounts.rabbitmq, administrator: rabbitmq.url },
    MySQL: { ...accounts.mysql, administrator: mysql.url },
    Redis: { common: redis.url },
  })) {
    for (const [user, address] of Object.entries(addresses)) hidden.set(`${kind} of ${user}`, new URL(address).password)
  }
})

afterAll(() => resources.disposeAsync())

const logged = (text: string) => eventually(() => expect(lines.some((line) => line.includes(text))).toBe(true), 40_000)

async function session(what: string): Promise<string> {
  const token = await tokenOf(near, word(what))
  // The part that only the secret can make; the rest says who somebody is.
  for (const [at, part] of token.split('.').entries()) if (at > 0) hidden.set(`${what}'s token, part ${at}`, part)
  return token
}

/** Has the message store keep this, as a gateway does while the broker is away. */
function keep(content: string) {
  const options = { exchange: 'wall.commands', type: 'post.created', mandatory: true, partition: 0, source: 'nobody.1' }
  const body = {
    messageId: crypto.randomUUID(),
    routingKey: 'post.created.p0',
    content,
    options,
    timestamp: Date.now(),
  }
  const { url } = wall.services['message-store'][0]!
  return call(`${url}/messages`, 'POST', { token: secrets.service, body })
}

const post = (token: string, body: unknown, more: Record<string, string> = {}) =>
  call(`${near}/posts`, 'POST', { token, body, headers: more })

test('posts, refusals and bad tokens', async () => {
  const token = await session('ada')
  const wait = { prefer: 'wait=20' }
  expect((await post(token, { text: word('stored') }, wait)).status).toBe(201)
  const links = Array.from({ length: 6 }, (_, n) => `http://${n}.example/${word(`link${n}`)}`).join(' ')
  expect((await post(token, { text: links }, wait)).body.code).toBe('too-many-links')
  expect((await post(token, { text: `\u0000${word('unfit')}` })).status).toBe(422)
  expect((await post(token, `{"text": "${word('cut-off')}`)).status).toBe(400)
  expect((await post(token, { text: 'x', [word('unknown field')]: 1 })).status).toBe(422)
  expect((await post(`${token}${word('forged')}`, { text: word('unsigned') })).status).toBe(401)
  expect((await call(`${near}/posts?channel=${word('query')}%00`, 'GET')).status).toBe(422)
  using reader = await openReader(near, 'logs')
  for (const frame of [
    { type: 'session.open', token: `${token}${word('forged frame')}` },
    { type: 'session.open', token },
    { type: 'post.create', id: 'no-uuid', text: word('in a frame') },
    { type: 'post.create', id: crypto.randomUUID(), channel: 'logs', text: word('by a socket') },
    { type: word('unknown frame') },
  ]) {
    reader.send(frame)
  }
  await eventually(() => expect(reader.entries).toHaveLength(1))
  expect((await call(`${near}/auth/session`, 'DELETE', { token })).status).toBe(204)
})

test('operators, with the service token and without it', async () => {
  const db = wall.services['db-writer'][0]!.url
  const cache = wall.services['cache-worker'][0]!.url
  const store = wall.services['message-store'][0]!.url
  const id = crypto.randomUUID()
  const put = {
    id,
    clientId: id,
    channel: 'put',
    author: word('operator'),
    text: word('put'),
    createdAt: 1,
    reviewedAt: 2,
  }
  expect((await call(`${db}/db/posts`, 'POST', { token: secrets.service, body: { posts: [put] } })).status).toBe(201)
  expect((await call(`${cache}/cache/posts?channel=put`, 'GET', { token: secrets.service })).status).toBe(200)
  for (const url of [`${db}/db/posts`, `${cache}/cache/posts`, `${store}/messages`, `${store}/parked`]) {
    expect((await call(url, 'GET', { token: word('wrong token') })).status).toBe(401)
  }
  const kept = await keep(word('kept'))
  expect({ status: kept.status, body: kept.body }).toMatchObject({ status: 201 })
  await logged('message kept')
  const { messages } = (await call(`${store}/messages`, 'GET', { token: secrets.service })).body
  const removed = await call(`${store}/messages/${messages[0].messageId}`, 'DELETE', { token: secrets.service })
  expect(removed.status).toBe(204)
})

test('what is parked: not JSON, not fit, and what the database refuses', async () => {
  await publishByHand(ground, 'post.created', `{"text": "${word('broken off')}`)
  await publishByHand(ground, 'post.created', { text: [word('a list')] })
  await publishByHand(ground, 'post.created', { text: `\u0000${word('by hand')}` })
  await logged('parking what cannot be read')
  const token = await session('grace')
  const administrator = await createConnection({ uri: ground.servers.mysql.url })
  try {
    // Errors of the database that do not pass by themselves carry the statement, with all its values.
    await administrator.query(
      'RENAME TABLE entries TO entries_away, sessions TO sessions_away, stored_messages TO messages_away',
    )
    expect((await post(token, { text: word('into no table') })).status).toBe(202)
    await logged('parking an item that cannot be handled')
    const chosen = await call(`${near}/auth/choose-pseudo`, 'POST', { body: { pseudo: word('hopper') } })
    expect(chosen.status).toBe(500)
    const keptAway = await keep(word('kept in no table'))
    expect(keptAway.status).toBe(500)
    for (const service of ['gateway', 'message-store']) {
      const failed = (line: string) => line.includes('a request failed') && line.includes(`"service":"${service}"`)
      await eventually(() => expect(lines.some(failed)).toBe(true))
    }
  } finally {
    await administrator.query(
      'RENAME TABLE entries_away TO entries, sessions_away TO sessions, messages_away TO stored_messages',
    )
    await administrator.end()
  }
})

test('connections that break, and servers that are away', async () => {
  const token = await session('barbara')
  const redis = new Redis(ground.servers.redis.url)
  for (const key of windowKeys(ground.redisPrefix, 'broken')) await redis.set(key, word('spoiled'))
  redis.disconnect()
  expect((await post(token, { text: word('broken window'), channel: 'broken' }, { prefer: 'wait=20' })).status).toBe(
    201,
  )
  for (const server of Object.values(servers)) server.cut()
  await logged('broker connection lost')
  await logged('Redis failed')
  expect((await post(token, { text: word('meanwhile') })).status).toBeGreaterThan(200)
  expect((await call(`${near}/auth/choose-pseudo`, 'POST', { body: { pseudo: word('away') } })).status).toBe(503)
  for (const server of Object.values(servers)) server.mend()
  await logged('broker connected')
  await eventually(async () => {
    const { status } = await post(token, { text: word('afterwards') }, { prefer: 'wait=20' })
    expect(status).toBe(201)
  }, 60_000)
})

test('a service that is refused by its servers', async () => {
  const wrong = (address: string) => {
    const url = new URL(address)
    url.password = word('wrong password')
    return url.href
  }
  const addresses = serviceAddresses(ground.servers)
  addresses.rabbitmq.gateway = wrong(addresses.rabbitmq.gateway)
  addresses.redis = { url: wrong(addresses.redis.url) }
  const options = {
    jwtSecret: secrets.jwt,
    serviceToken: secrets.service,
    webRoot: undefined,
    port: 0,
    messageStores: [],
  }
  const env = serviceEnv('gateway', { env: { ...process.env, LOG_LEVEL: 'trace' }, addresses, ...options })
  const refused = startService('gateway', {
    script: 'apps/gateway/src/main.ts',
    env,
    log: () => {},
    said,
    restart: false,
  })
  await expect(refused).rejects.toThrow('refuses the user gateway or its password')
  const short = word('short')
  await expect(
    startService('gateway', {
      script: 'apps/gateway/src/main.ts',
      env: { ...env, JWT_SECRET: short, MYSQL_URL: `mysql:/${word('no address')}` },
      log: () => {},
      said,
    }),
  ).rejects.toThrow('JWT_SECRET')
})

test('no line of all that has any of it', () => {
  expect(lines.length).toBeGreaterThan(50)
  expect(hidden.size).toBeGreaterThan(40)
  const found = [...hidden].flatMap(([what, text]) =>
    lines.filter((line) => shows(line, text)).map((line) => ({ what, line: line.slice(0, 300) })),
  )
  expect(found).toEqual([])
})

/** As it is, or as bytes are written in a statement or in a log. */
function shows(line: string, text: string): boolean {
  const bytes = Buffer.from(text)
  const [hex, base64] = [bytes.toString('hex'), bytes.toString('base64').slice(0, -4)]
  return line.includes(text) || line.toLowerCase().includes(hex) || line.includes(base64)
}
