import { Redis } from 'ioredis'
import { createConnection } from 'mysql2/promise'
import { dropDatabase } from './database-accounts.ts'
import { manage } from './manage.ts'
import type { Servers } from './servers.ts'

/** Servers as one tenant sees them: a virtual host, a database and a key prefix that nobody else has. */
export interface Ground {
  servers: Servers
  redisPrefix: string
}

/** Makes a ground called `name` (letters, digits, underscores) on these servers; disposal takes it away again. */
export async function makeGround(shared: Servers, name: string): Promise<Ground & AsyncDisposable> {
  const { management } = shared.rabbitmq
  const admin = await createConnection({ uri: shared.mysql.url })
  await admin.query(`CREATE DATABASE ${name}`)
  await admin.end()
  await makeVirtualHost(management, name)
  return {
    servers: {
      ...shared,
      rabbitmq: { ...shared.rabbitmq, url: withPath(shared.rabbitmq.url, name) },
      mysql: { url: withPath(shared.mysql.url, name) },
    },
    redisPrefix: `${name}:`,
    async [Symbol.asyncDispose]() {
      await manage(management, 'DELETE', `/api/vhosts/${name}`)
      await dropDatabase(shared.mysql.url, name)
      await removeKeys(shared.redis.url, `${name}:`)
    },
  }
}

/** Makes a virtual host in which the management API's own user may do everything. */
export async function makeVirtualHost(management: string, name: string): Promise<void> {
  await manage(management, 'PUT', `/api/vhosts/${name}`, {})
  const user = decodeURIComponent(new URL(management).username)
  await manage(management, 'PUT', `/api/permissions/${name}/${user}`, { configure: '.*', write: '.*', read: '.*' })
}

/** A server's address, with another virtual host or database. */
export function withPath(address: string, path: string): string {
  const url = new URL(address)
  url.pathname = `/${path}`
  return url.href
}

async function removeKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url)
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1_000 })) {
    if (keys.length > 0) await redis.del(...keys)
  }
  redis.disconnect()
}
