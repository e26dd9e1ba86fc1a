import { networkInterfaces } from 'node:os'
import type { Servers } from './servers.ts'
import type { Wall } from './supervise.ts'

/** The lines that end the start: the wall's address, and where to publish by hand. */
export function whereItIs(host: string, servers: Servers, wall: Pick<Wall, 'gateways'>): string[] {
  const [first, ...others] = wall.gateways.map(({ url }) => url)
  const { origin, username } = new URL(servers.rabbitmq.management)
  return [
    '',
    `  The wall: ${first}`,
    ...others.map((url) => `       and: ${url}`),
    ...addressesAround(host).map((address) => `  In the room: http://${address}:${new URL(first as string).port}`),
    `  RabbitMQ: ${origin} (user ${username}, password: npm run stack -- status)`,
    '  Ctrl-C stops everything; what was posted stays.',
    '',
  ]
}

/** Networks that end in this machine: containers and virtual machines. No phone is in them. */
const ofThisMachine = /^(docker|br-|veth|virbr|cni|lxc|podman)/

/** This machine's addresses as others see them, when the wall listens on all of them. */
function addressesAround(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return []
  const around = Object.entries(networkInterfaces()).filter(([name]) => !ofThisMachine.test(name))
  const all = around.flatMap(([, one]) => one ?? [])
  return all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address)
}
