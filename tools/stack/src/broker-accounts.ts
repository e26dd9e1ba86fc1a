import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type BrokerUse, brokerRights, brokerUse } from '@parvis/contracts/broker-rights'
import { manage } from './manage.ts'
import { type Log, PlainError, type Servers } from './servers.ts'
import { SERVICES, type ServiceName } from './service-env.ts'

/**
 * Gives each service a user of its own at the broker, named as the service: a post published by hand can then never
 * pass for a gateway's. Where the broker is somebody else's, the address that was given serves all.
 */
export async function serviceAccounts(servers: Servers, log: Log): Promise<Record<ServiceName, string>> {
  const { url, management } = servers.rabbitmq
  if (servers.how === 'external') {
    log('RabbitMQ: one account for all services, the one of RABBITMQ_URL')
    return forEachService(() => url)
  }
  const addresses = serviceAddresses(url)
  await makeAccounts(addresses, management)
  return addresses
}

/**
 * The broker's address as each service's own user, from the administrator's. Passwords follow from the
 * administrator's, so that walls which share a broker agree on them.
 */
export function serviceAddresses(administrator: string): Record<ServiceName, string> {
  return forEachService((service) => {
    const address = new URL(administrator)
    address.password = passwordOf(`broker user ${service}`, address.password)
    address.username = service
    return address.href
  })
}

/** A user's password, which follows from the administrator's but does not tell it. */
export function passwordOf(user: string, administrators: string): string {
  return createHmac('sha256', administrators).update(user).digest('base64url')
}

/** Makes the users of these addresses, through the management API at `management` (with the administrator's password). */
export async function makeAccounts(addresses: Record<ServiceName, string>, management: string): Promise<void> {
  await Promise.all(
    SERVICES.map((service) => {
      const { username: name, password, pathname } = new URL(addresses[service])
      return makeUser(management, { service, name, password, vhost: pathname.slice(1) })
    }),
  )
}

function forEachService<T>(of: (service: ServiceName) => T): Record<ServiceName, T> {
  return Object.fromEntries(SERVICES.map((service) => [service, of(service)])) as Record<ServiceName, T>
}

/**
 * Makes the user, or gives it this password again, with the rights in this one virtual host (named as in an address)
 * that its service needs, and no others.
 */
async function makeUser(
  management: string,
  user: { service: ServiceName; name: string; password: string; vhost: string },
): Promise<void> {
  const { service, name, password, vhost } = user
  const use: BrokerUse = brokerUse[service]
  await put(management, `/api/users/${name}`, { password, tags: '' })
  await put(management, `/api/permissions/${vhost}/${name}`, brokerRights(use))
  for (const [exchange, write] of Object.entries(use.publishes)) {
    await put(management, `/api/topic-permissions/${vhost}/${name}`, { exchange, write, read: '.*' })
  }
}

/** Two walls that share a broker may make the same user at once: RabbitMQ 4 then answers one of them with 400. */
const TRIES = 10

async function put(management: string, path: string, body: object): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const refused = await manage(management, 'PUT', path, body).then(
      () => undefined,
      (error: Error) => error,
    )
    if (!refused) return
    if (attempt === TRIES) throw new PlainError(`RabbitMQ's management API refused ${refused.message}`)
    await delay(50 * attempt * (0.5 + Math.random()))
  }
}
