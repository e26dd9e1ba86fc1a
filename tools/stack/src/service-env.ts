import type { DatabaseUser } from '@parvis/storage/table-rights'

export const SERVICES = ['gateway', 'message-store', 'post-worker', 'db-writer', 'cache-worker'] as const
export type ServiceName = (typeof SERVICES)[number]

/** The servers' addresses, as services need them: at RabbitMQ and in MySQL each service may be a user of its own. */
export interface Addresses {
  rabbitmq: Record<ServiceName, string>
  mysql: Record<DatabaseUser, string>
  redis: { url: string }
}

// Handed to each service by name below, and to none that does not need it.
const HANDED_OUT = [
  'HOST',
  'PORT',
  'RABBITMQ_URL',
  'RABBITMQ_MANAGEMENT_URL',
  'MYSQL_URL',
  'REDIS_URL',
  'JWT_SECRET',
  'SERVICE_TOKEN',
  'MESSAGE_STORE',
  'MESSAGE_STORE_URL',
  'WEB_ROOT',
  // The servers' own.
  'RABBITMQ_PASSWORD',
  'MYSQL_PASSWORD',
  'REDIS_PASSWORD',
]

/** The addresses and secrets that this service uses, and no others. */
export function ownSettings(
  service: ServiceName,
  options: {
    addresses: Addresses
    jwtSecret: string
    serviceToken: string
    /** The addresses of the wall's message stores. */
    messageStores: string[]
  },
): Record<string, string> {
  const { addresses, jwtSecret, messageStores } = options
  const token = { SERVICE_TOKEN: options.serviceToken }
  const rabbitmq = { RABBITMQ_URL: addresses.rabbitmq[service] }
  const mysqlAs = (user: DatabaseUser) => ({ MYSQL_URL: addresses.mysql[user] })
  const redis = { REDIS_URL: addresses.redis.url }
  const stores =
    messageStores.length > 0 ? { MESSAGE_STORE: 'http', MESSAGE_STORE_URL: messageStores.join(','), ...token } : {}
  return {
    gateway: { ...rabbitmq, ...mysqlAs('gateway'), ...redis, ...stores, JWT_SECRET: jwtSecret },
    'message-store': { ...rabbitmq, ...mysqlAs('message-store'), ...redis, ...token },
    'post-worker': rabbitmq,
    'db-writer': { ...rabbitmq, ...mysqlAs('db-writer'), ...token },
    'cache-worker': { ...rabbitmq, ...mysqlAs('cache-worker'), ...redis, ...token },
  }[service]
}

/**
 * The environment of one service: what is around (LOG_LEVEL, LIMITS, ALLOWED_ORIGINS, …) and, of addresses and
 * secrets, only those it uses. Only the gateway may listen beyond this machine.
 */
export function serviceEnv(
  service: ServiceName,
  options: {
    env: NodeJS.ProcessEnv
    addresses: Addresses
    jwtSecret: string
    serviceToken: string
    webRoot: string | undefined
    port: number
    /** The addresses of the wall's message stores. */
    messageStores: string[]
  },
): NodeJS.ProcessEnv {
  const { env, webRoot, port } = options
  const around = Object.fromEntries(Object.entries(env).filter(([name]) => !HANDED_OUT.includes(name)))
  // Where somebody has chosen another store, that one.
  const chosen = ['MESSAGE_STORE', 'MESSAGE_STORE_URL'].flatMap((name) => (env[name] ? [[name, env[name]]] : []))
  return {
    ...around,
    ...ownSettings(service, options),
    ...(service === 'gateway' && Object.fromEntries(chosen)),
    ...(service === 'gateway' && webRoot !== undefined && { WEB_ROOT: webRoot }),
    HOST: (service === 'gateway' && env.HOST) || '127.0.0.1',
    PORT: String(port),
    PARVIS_SUPERVISED: '1',
  }
}
