import { docker } from '@parvis/stack/docker-cli'
import { amqpAnswers, managementAnswers, mysqlAnswers, redisAnswers } from '@parvis/stack/server-answers'
import type { ServerName, Servers } from '@parvis/stack/servers'
import { readRecord } from '@parvis/stack/servers-record'
import { waitUntil } from '@parvis/stack/wait-until'
import type { Controls, ServerControl } from './private-servers.ts'

const START_LIMIT_MS = 120_000
const PORTS = { rabbitmq: 5672, mysql: 3306, redis: 6379 } as const
const MANAGEMENT_PORT = 15_672

/** Kills, starts, pauses the containers that `openServers` started for this home. */
export function dockerControls(home: string, opened: Servers): Controls {
  const containers = readRecord(home)?.containers ?? []
  const containerOf = (name: ServerName) => containers.find((each) => each.endsWith(`-${name}`)) as string
  const never = new Promise<never>(() => {})

  const moved = async (address: string, name: ServerName, inside: number): Promise<string> => {
    const url = new URL(address)
    url.port = (await docker(['port', containerOf(name), `${inside}/tcp`])).split(':').at(-1) as string
    return url.href
  }
  const answers = {
    rabbitmq: async (url: string, management: string) =>
      (await amqpAnswers(url)) && (await managementAnswers(management)),
    mysql: mysqlAnswers,
    redis: redisAnswers,
  }
  const controlOf = (name: ServerName): ServerControl => {
    let pid = opened.pids[name] as number
    const container = containerOf(name)
    return {
      pid: () => pid,
      kill: async () => void (await docker(['kill', '--signal', 'KILL', container])),
      stop: async () => void (await docker(['stop', '--timeout', '60', container])),
      async start() {
        await docker(['start', container])
        const url = await moved(opened[name].url, name, PORTS[name])
        const management =
          name === 'rabbitmq' ? (await moved(opened.rabbitmq.management, name, MANAGEMENT_PORT)).replace(/\/$/, '') : ''
        await waitUntil(name, () => answers[name](url, management), {
          limitMs: START_LIMIT_MS,
          failed: never,
          log: () => {},
          hint: `docker logs ${container}`,
        })
        pid = Number(await docker(['inspect', '--format', '{{.State.Pid}}', container]))
        return { url, ...(management && { management }) }
      },
      freeze: async () => void (await docker(['pause', container])),
      thaw: async () => void (await docker(['unpause', container])),
    }
  }
  return {
    rabbitmq: controlOf('rabbitmq'),
    mysql: controlOf('mysql'),
    redis: controlOf('redis'),
    rabbitmqctl: (args) => docker(['exec', containerOf('rabbitmq'), 'rabbitmqctl', ...args]),
    // The containers are openServers' own, which removes them.
    async [Symbol.asyncDispose]() {},
  }
}
