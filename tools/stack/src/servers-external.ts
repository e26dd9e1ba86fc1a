import { PlainError, type Servers } from './servers.ts'

/** True when the environment names any server. */
export function hasAddresses(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.RABBITMQ_URL || env.MYSQL_URL || env.REDIS_URL)
}

/**
 * The servers that RABBITMQ_URL, MYSQL_URL and REDIS_URL name: all three or none, as a mixture would leave some data
 * here and some there. RABBITMQ_MANAGEMENT_URL defaults to port 15672 of the broker's host, with the same user.
 */
export function externalServers(env: NodeJS.ProcessEnv): Servers {
  const rabbitmq = readAddress(env, 'RABBITMQ_URL', ['amqp:', 'amqps:'])
  const mysql = readAddress(env, 'MYSQL_URL', ['mysql:'])
  const redis = readAddress(env, 'REDIS_URL', ['redis:', 'rediss:'])
  const { username, password, hostname, protocol } = rabbitmq
  const user = username && `${username}:${password}@`
  const management = env.RABBITMQ_MANAGEMENT_URL
    ? readAddress(env, 'RABBITMQ_MANAGEMENT_URL', ['http:', 'https:']).href.replace(/\/+$/, '')
    : `http${protocol === 'amqps:' ? 's' : ''}://${user}${hostname}:15672`
  return {
    how: 'external',
    rabbitmq: { url: rabbitmq.href, management },
    mysql: { url: mysql.href },
    redis: { url: redis.href },
    pids: {},
  }
}

function readAddress(env: NodeJS.ProcessEnv, name: string, protocols: string[]): URL {
  const value = env[name]
  if (!value) {
    throw new PlainError(
      `${name} is missing: give RABBITMQ_URL, MYSQL_URL and REDIS_URL all three, or none to have private servers started.`,
    )
  }
  const url = URL.parse(value)
  // The address itself is not shown: it may hold a password.
  if (!url || !protocols.includes(url.protocol)) {
    throw new PlainError(`${name} must be an address that begins with ${protocols.join('// or ')}//.`)
  }
  return url
}
