import { randomBytes } from 'node:crypto'
import type { Servers } from '@parvis/stack/servers'
import { Redis } from 'ioredis'
import { createConnection } from 'mysql2/promise'
import { testServers } from './test-servers.ts'

/** Servers as a test sees them: a virtual host, a database and a key prefix that nobody else has. */
export interface Ground {
  servers: Servers
  redisPrefix: string
}

/** Gives a test file its own ground on the test servers, and takes it away again on disposal. */
export async function freshGround(): Promise<Ground & AsyncDisposable> {
  const shared = testServers()
  const name = `t${randomBytes(6).toString('hex')}`
  const admin = await createConnection({ uri: shared.mysql.url })
  await admin.query(`CREATE DATABASE ${name}`)
  await manage(shared, 'PUT', `/api/vhosts/${name}`)
  const user = decodeURIComponent(new URL(shared.rabbitmq.url).username)
  await manage(shared, 'PUT', `/api/permissions/${name}/${user}`, { configure: '.*', write: '.*', read: '.*' })
  return {
    servers: {
      ...shared,
      rabbitmq: { ...shared.rabbitmq, url: withPath(shared.rabbitmq.url, name) },
      mysql: { url: withPath(shared.mysql.url, name) },
    },
    redisPrefix: `${name}:`,
    async [Symbol.asyncDispose]() {
      await manage(shared, 'DELETE', `/api/vhosts/${name}`)
      await admin.query(`DROP DATABASE ${name}`)
      await admin.end()
      await removeKeys(shared.redis.url, `${name}:`)
    },
  }
}

/** Calls RabbitMQ's management API; rejects with its status when it refuses. */
export async function manage(servers: Servers, method: string, path: string, body?: object): Promise<unknown> {
  const { origin, username, password } = new URL(servers.rabbitmq.management)
  const response = await fetch(origin + path, {
    method,
    headers: {
      authorization: `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

async function removeKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url)
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1_000 })) {
    if (keys.length > 0) await redis.del(...keys)
  }
  redis.disconnect()
}

function withPath(url: string, path: string): string {
  const changed = new URL(url)
  changed.pathname = `/${path}`
  return changed.href
}
