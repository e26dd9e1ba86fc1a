import { setTimeout as delay } from 'node:timers/promises'
import { type BrokerUse, brokerRights, brokerUse } from '@parvis/contracts/broker-rights'
import { manage } from './manage.ts'
import { passwordOf } from './secrets.ts'
import { PlainError } from './servers.ts'
import { SERVICES, type ServiceName } from './service-env.ts'

/**
 * The broker's address as each service's own user, from the administrator's. Passwords follow from the
 * administrator's, so that walls which share a broker agree on them.
 */
export function brokerAddresses(administrator: string): Record<ServiceName, string> {
  return forEachService((service) => {
    const address = new URL(administrator)
    address.password = passwordOf(`broker user ${service}`, address.password)
    address.username = service
    return address.href
  })
}

/** Makes the users of these addresses, through the management API at `management` (with the administrator's password). */
export async function makeBrokerAccounts(addresses: Record<ServiceName, string>, management: string): Promise<void> {
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
