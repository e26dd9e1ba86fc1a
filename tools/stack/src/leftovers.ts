import { setTimeout as delay } from 'node:timers/promises'
import { removeContainers } from './docker-cli.ts'
import { isAlive } from './process-identity.ts'
import { killGroup } from './server-program.ts'
import type { Log } from './servers.ts'
import type { ServersRecord } from './servers-record.ts'

// RabbitMQ needs 6.5 s.
const STOP_LIMIT_MS = 8_000

/**
 * Whether a record found with the home's lock free is of servers that are left over. A living supervisor's are not: its
 * whole clone was copied, and the record with it.
 */
export function isLeftOver({ supervisor }: ServersRecord): boolean {
  return !isAlive(supervisor) || supervisor.pid === process.pid
}

/** Stops the servers that a dead supervisor left behind: exactly those on its record, and only if still themselves. */
export async function stopLeftovers(record: ServersRecord, log: Log): Promise<void> {
  const left = () => record.processes.filter(isAlive)
  if (left().length > 0 || record.containers.length > 0) log('stopping the servers that an earlier run left behind')
  const containers = removeContainers(record.containers)
  for (const { pid } of left()) process.kill(pid, 'SIGTERM')
  const limit = performance.now() + STOP_LIMIT_MS
  while (left().length > 0 && performance.now() < limit) await delay(50)
  for (const { pid } of left()) killGroup(pid, 'SIGKILL')
  await containers
}
