import type { Log, Servers } from './servers.ts'
import { readRecord } from './servers-record.ts'
import { stateFile } from './state-file.ts'
import type { Wall } from './supervise.ts'

type Address = { url: string; pid: number }

/** `stack.json`: where everything is, for tools and tests. A dead `pid` means that nothing is up. */
export type Stack = {
  pid: number
  gateways: Address[]
  services: Record<'post-worker' | 'db-writer' | 'cache-worker' | 'message-store', Address[]>
  rabbitmq: { url: string; management: string }
  mysql: { url: string }
  redis: { url: string }
  serviceToken: string
}

export const { read: readStack, write: writeStack, remove: removeStack } = stateFile<Stack>('stack.json')

/** The stack as it is now; without a wall the servers alone. */
export function describeStack(pid: number, servers: Servers, wall?: Wall): Stack {
  const addresses = (services: Address[] = []) => services.map(({ url, pid }) => ({ url, pid }))
  return {
    pid,
    gateways: addresses(wall?.gateways),
    services: {
      'post-worker': addresses(wall?.services['post-worker']),
      'db-writer': addresses(wall?.services['db-writer']),
      'cache-worker': addresses(wall?.services['cache-worker']),
      'message-store': addresses(wall?.services['message-store']),
    },
    rabbitmq: servers.rabbitmq,
    mysql: servers.mysql,
    redis: servers.redis,
    serviceToken: wall?.serviceToken ?? '',
  }
}

/**
 * Keeps the file true while a wall is up: rewritten when a process has come back. On disposal it is removed, or, where
 * another process goes on keeping the servers up, says that these are alone.
 */
export function keepStackFile(
  home: string,
  { servers, wall, log }: { servers: Servers; wall: Wall; log: Log },
): Disposable {
  const write = () => writeStack(home, describeStack(process.pid, servers, wall))
  const rewrite = () => {
    try {
      write()
    } catch (error) {
      // A full disk is no reason to end a wall that has just come back.
      log(`stack.json could not be written: ${(error as Error).message}`)
    }
  }
  const all = [...wall.gateways, ...Object.values(wall.services).flat()]
  for (const service of all) service.events.on('ready', rewrite)
  write()
  return {
    [Symbol.dispose]() {
      for (const service of all) service.events.off('ready', rewrite)
      const record = readRecord(home)
      if (!record?.servers || record.supervisor.pid === process.pid) removeStack(home)
      else writeStack(home, describeStack(record.supervisor.pid, record.servers))
    },
  }
}
