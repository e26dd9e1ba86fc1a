import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Log, PlainError, type Servers } from './servers.ts'
import { SERVICES, type ServiceName } from './service-env.ts'

/**
 * Gives each service a user of its own at the broker, named as the service: a post published by hand can then never
 * pass for a gateway's. Where the broker is somebody else's, the address that was given serves all.
 * Passwords follow from the administrator's, so that walls which share a broker agree on them.
 */
export async function serviceAccounts(servers: Servers, log: Log): Promise<Record<ServiceName, string>> {
  const address = new URL(servers.rabbitmq.url)
  const own = await Promise.all(
    SERVICES.map(async (service) => {
      if (servers.how === 'external') return [service, servers.rabbitmq.url]
      const password = createHmac('sha256', address.password).update(`broker user ${service}`).digest('base64url')
      await makeUser(servers.rabbitmq.management, { name: service, password, vhost: address.pathname.slice(1) })
      const url = new URL(address)
      url.username = service
      url.password = password
      return [service, url.href]
    }),
  )
  if (servers.how === 'external') log('RabbitMQ: one account for all services, the one of RABBITMQ_URL')
  return Object.fromEntries(own)
}

/**
 * Makes the user, or gives it this password again, with every right in this one virtual host (named as in an address):
 * each service looks at its start whether the whole topology is there, which RabbitMQ 4 allows only to those who may
 * also change it.
 */
async function makeUser(management: string, user: { name: string; password: string; vhost: string }): Promise<void> {
  await put(management, `/api/users/${user.name}`, { password: user.password, tags: '' })
  await put(management, `/api/permissions/${user.vhost}/${user.name}`, { configure: '.*', write: '.*', read: '.*' })
}

/** Two walls that share a broker may make the same user at once: RabbitMQ 4 then answers one of them with 400. */
const TRIES = 10

async function put(management: string, path: string, body: object): Promise<void> {
  const { origin, username, password } = new URL(management)
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(origin + path, {
      method: 'PUT',
      headers: {
        authorization: `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    })
    const said = await response.text()
    if (response.ok) return
    if (attempt === TRIES) {
      throw new PlainError(`RabbitMQ's management API refused ${path}: ${response.status} ${said.slice(0, 200)}`)
    }
    await delay(50 * attempt * (0.5 + Math.random()))
  }
}
