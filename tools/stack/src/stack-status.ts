import { isLocked } from './home-lock.ts'
import { readRecord } from './servers-record.ts'
import { readStack } from './stack-file.ts'

/** What is up in this home, in lines for a person who asked for it: with passwords. */
export function stackStatus(home: string): string[] {
  const wall = isLocked(home, 'wall') ? readStack(home) : undefined
  const record = isLocked(home, 'servers') ? readRecord(home) : undefined
  const servers = record?.servers ?? wall
  const services = Object.entries(wall?.services ?? {})
  return [
    `wall     ${wall ? `up, process ${wall.pid}` : 'down'}`,
    ...(wall?.gateways ?? []).map(({ url, pid }) => `  gateway       ${url} (process ${pid})`),
    ...services.flatMap(([name, all]) => all.map(({ url, pid }) => `  ${name.padEnd(13)} ${url} (process ${pid})`)),
    `servers  ${servers ? `up${record ? `: ${record.servers?.how}, kept by process ${record.supervisor.pid}` : ''}` : record ? 'starting or stopping' : 'down'}`,
    ...(servers
      ? [
          `  RabbitMQ      ${servers.rabbitmq.url}`,
          ...managementLines(servers.rabbitmq.management),
          `  MySQL         ${servers.mysql.url}`,
          `  Redis         ${servers.redis.url}`,
        ]
      : []),
  ]
}

function managementLines(management: string): string[] {
  const { origin, username, password } = new URL(management)
  return [`  its page      ${origin} user ${decodeURIComponent(username)} password ${decodeURIComponent(password)}`]
}
