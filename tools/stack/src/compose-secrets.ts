import { chown, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keepSecrets, type Passwords, passwordOf } from './secrets.ts'
import { PlainError } from './servers.ts'
import { serviceAddresses } from './service-accounts.ts'
import { ownSettings, SERVICES } from './service-env.ts'

// Who reads which file, by the numbers that compose.yaml runs them as. The servers' own images begin as root.
const ROOT = 0
const OWNERS: Record<string, number> = { jobs: 10_000, accounts: 10_001 + SERVICES.length }
for (const [index, service] of SERVICES.entries()) OWNERS[service] = 10_001 + index

const NAMES = {
  JWT_SECRET: 'jwt',
  SERVICE_TOKEN: 'service',
  RABBITMQ_PASSWORD: 'rabbitmq',
  MYSQL_PASSWORD: 'mysql',
  REDIS_PASSWORD: 'redis',
} as const satisfies Record<string, keyof Passwords>

// What needs no quoting in a shell, in a .env file and in Redis's configuration.
const FIT = /^[A-Za-z0-9._+/=-]{32,256}$/

/**
 * Writes `<folder>/<name>.env` for each service and server of compose.yaml, `jobs.env` for the jobs and `accounts.env`
 * for the one that makes users: the addresses and secrets that it uses, readable by it alone. Secrets are random, made once and kept in the folder; those that the
 * environment gives come first. Rejects with a PlainError when one is unfit, or cannot be changed any more.
 */
export async function writeComposeSecrets(
  folder: string,
  env: NodeJS.ProcessEnv,
  handOver: (file: string, user: number, group: number) => Promise<void> = chown,
): Promise<void> {
  const given = givenPasswords(env)
  const kept = await keepSecrets(folder, given)
  for (const [name, key] of Object.entries(NAMES)) {
    if ((key === 'rabbitmq' || key === 'mysql') && given[key] !== undefined && given[key] !== kept[key]) {
      throw new PlainError(
        `${name} is not the one that the data was made with: take it away, or begin anew after docker compose down -v.`,
      )
    }
  }
  for (const [name, settings] of Object.entries(composeSettings({ ...kept, ...given }))) {
    const file = join(folder, `${name}.env`)
    const owner = OWNERS[name] ?? ROOT
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
    await writeFile(`${file}.new`, lines.join(''), { mode: 0o400 })
    await handOver(`${file}.new`, owner, owner)
    await rename(`${file}.new`, file)
  }
}

/** What each container is told: by service, by server, and `jobs` and `accounts` for those that run before the services. */
export function composeSettings(secrets: Passwords): Record<string, Record<string, string>> {
  const administrator = `parvis:${encodeURIComponent(secrets.rabbitmq)}@rabbitmq`
  const rabbitmq = `amqp://${administrator}:5672/parvis`
  const mysql = `mysql://root:${encodeURIComponent(secrets.mysql)}@mysql:3306/parvis`
  // Migrations have every right in their database, and none beside it.
  const mysqlPassword = passwordOf('database user parvis', secrets.mysql)
  const redis = { url: `redis://:${encodeURIComponent(secrets.redis)}@redis:6379` }
  const own = {
    addresses: serviceAddresses({ rabbitmq: { url: rabbitmq }, mysql: { url: mysql }, redis }),
    jwtSecret: secrets.jwt,
    serviceToken: secrets.service,
    // The service's name is its host's; Docker spreads the calls over as many as there are.
    messageStores: ['http://message-store:3000'],
  }
  return {
    ...Object.fromEntries(SERVICES.map((service) => [service, ownSettings(service, own)])),
    jobs: { RABBITMQ_URL: rabbitmq, MYSQL_URL: `mysql://parvis:${mysqlPassword}@mysql:3306/parvis` },
    accounts: {
      RABBITMQ_URL: rabbitmq,
      RABBITMQ_MANAGEMENT_URL: `http://${administrator}:15672`,
      MYSQL_URL: mysql,
    },
    rabbitmq: {
      RABBITMQ_DEFAULT_USER: 'parvis',
      RABBITMQ_DEFAULT_PASS: secrets.rabbitmq,
      RABBITMQ_DEFAULT_VHOST: 'parvis',
    },
    mysql: {
      MYSQL_ROOT_PASSWORD: secrets.mysql,
      MYSQL_DATABASE: 'parvis',
      MYSQL_USER: 'parvis',
      MYSQL_PASSWORD: mysqlPassword,
    },
    redis: { REDIS_PASSWORD: secrets.redis },
  }
}

function givenPasswords(env: NodeJS.ProcessEnv): Partial<Passwords> {
  const given = Object.entries(NAMES).flatMap(([name, key]) => {
    const value = env[name]
    if (!value) return []
    if (!FIT.test(value)) throw new PlainError(`${name} must be 32 to 256 letters, digits or . _ + / = -`)
    return [[key, value] as const]
  })
  return Object.fromEntries(given)
}
