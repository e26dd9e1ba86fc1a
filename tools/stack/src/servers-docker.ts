import { createHash } from 'node:crypto'
import { docker, reasonOf, removeContainers } from './docker-cli.ts'
import { freePort } from './free-port.ts'
import { keepUp } from './keep-up.ts'
import { MYSQL_OPTIONS } from './local-mysql.ts'
import type { Secrets } from './secrets.ts'
import { amqpAnswers, managementAnswers, mysqlAnswers, redisAnswers } from './server-answers.ts'
import { type Log, PlainError, type ServerName, type Servers } from './servers.ts'
import { waitUntil } from './wait-until.ts'

export const IMAGES = { rabbitmq: 'rabbitmq:4-management', mysql: 'mysql:9', redis: 'redis:8' } as const

// MySQL's first start writes its system tables twice over: 20 s on two idle cores.
const START_LIMIT_MS = 120_000

/**
 * Starts the three servers in containers, published on free ports of 127.0.0.1, their data in volumes of this home, and
 * keeps them up: not by a restart policy, under which the engine would start them alone after a machine's hard end. The
 * images must be here. `record` is told each container's name before it is made.
 */
export async function startDockerServers(
  home: string,
  secrets: Secrets,
  options: { log: Log; record: (container: string) => void; restart: boolean; aborted: Promise<never> },
): Promise<Servers & AsyncDisposable> {
  const { log, record, restart, aborted } = options
  const stack = `parvis-${createHash('sha256').update(`${home}\n${secrets.id}`).digest('hex').slice(0, 12)}`
  const nameOf = (server: ServerName) => `${stack}-${server}`
  const names = (Object.keys(IMAGES) as ServerName[]).map(nameOf)
  const ends = new Map<string, Promise<string>>()
  const stopped = new AbortController()
  const stop = () => {
    stopped.abort()
    return removeContainers(names)
  }
  const run = async (
    server: ServerName,
    {
      ports,
      options,
      command = [],
      env,
    }: { ports: number[]; options: string[]; command?: string[]; env: NodeJS.Dict<string> },
  ) => {
    const name = nameOf(server)
    record(name)
    const given = Object.keys(env).flatMap((key) => ['--env', key])
    const labels = ['--label', `parvis.home=${home}`]
    const runOnce = async () => {
      const published = (await Promise.all(ports.map(publish))).flat()
      const how = ['--detach', '--name', name, ...labels, ...given, ...published, ...options]
      await docker(['run', ...how, IMAGES[server], ...command], { env: env as Record<string, string> })
    }
    // A port that was free a moment ago may be taken by now.
    await runOnce().catch(async (error) => {
      if (stopped.signal.aborted || !/port is already allocated|address already in use/.test(String(error))) throw error
      await docker(['rm', '--force', name])
      await runOnce()
    })
    const end = waitForEnd(name)
    ends.set(name, end)
    const failed = end.then((how): never => {
      throw new PlainError(how)
    })
    // Looked at by those who wait for an answer.
    failed.catch(() => {})
    return {
      pid: Number(await docker(['inspect', '--format', '{{.State.Pid}}', name])),
      portOf: async (inside: number) => (await docker(['port', name, `${inside}/tcp`])).split(':').at(-1),
      wait: (answers: () => Promise<boolean>) =>
        waitUntil(server, answers, { limitMs: START_LIMIT_MS, failed, log, hint: `docker logs ${name}` }),
    }
  }

  const rabbitmq = async () => {
    const env = {
      RABBITMQ_DEFAULT_USER: 'parvis',
      RABBITMQ_DEFAULT_PASS: secrets.rabbitmq,
      RABBITMQ_DEFAULT_VHOST: 'parvis',
    }
    // The node's name, and with it the data folder's, comes from the host name.
    const options = ['--hostname', 'parvis', '--volume', `${nameOf('rabbitmq')}:/var/lib/rabbitmq`]
    const { pid, portOf, wait } = await run('rabbitmq', { ports: [5672, 15672], options, env })
    const user = `parvis:${secrets.rabbitmq}@127.0.0.1`
    const url = `amqp://${user}:${await portOf(5672)}/parvis`
    const management = `http://${user}:${await portOf(15672)}`
    await wait(async () => (await amqpAnswers(url)) && (await managementAnswers(management)))
    return { url, management, pid }
  }
  const mysql = async () => {
    const env = { MYSQL_ROOT_PASSWORD: secrets.mysql, MYSQL_DATABASE: 'parvis' }
    const options = ['--volume', `${nameOf('mysql')}:/var/lib/mysql`]
    const command = [...MYSQL_OPTIONS, '--disable-log-bin']
    const { pid, portOf, wait } = await run('mysql', { ports: [3306], options, command, env })
    const url = `mysql://root:${secrets.mysql}@127.0.0.1:${await portOf(3306)}/parvis`
    await wait(() => mysqlAnswers(url))
    return { url, pid }
  }
  const redis = async () => {
    // By standard input, because a password in a command line can be read by anyone on the host.
    // As in compose.yaml: full, it takes no new windows, and the wall is read from MySQL.
    const settings = '--appendonly yes --maxmemory 512mb --maxmemory-policy noeviction'
    const script = `exec docker-entrypoint.sh redis-server - ${settings} <<END\nrequirepass $REDIS_PASSWORD\nEND`
    const options = ['--volume', `${nameOf('redis')}:/data`, '--entrypoint', 'sh']
    const env = { REDIS_PASSWORD: secrets.redis }
    const { pid, portOf, wait } = await run('redis', { ports: [6379], options, command: ['-c', script], env })
    const url = `redis://:${secrets.redis}@127.0.0.1:${await portOf(6379)}`
    await wait(() => redisAnswers(url))
    return { url, pid }
  }

  // Containers of these names can only be an earlier run's, left by a start that lost its record.
  await removeContainers(names)
  const starts = [rabbitmq(), mysql(), redis()] as const
  try {
    const [broker, database, cache] = await Promise.race([Promise.all(starts), aborted])
    // Not before: one that cannot start is to be named, not started again and again.
    for (const [name, ended] of ends) {
      const again = async () => {
        await docker(['start', name])
        return { ended: waitForEnd(name) }
      }
      const say = (how: string, seconds: number) => log(`${how}; starts again in ${seconds} s`)
      if (restart) void keepUp({ ended }, again, { say, stopped: stopped.signal })
      else void ended.then((how) => stopped.signal.aborted || log(how))
    }
    return {
      how: 'docker',
      rabbitmq: { url: broker.url, management: broker.management },
      mysql: { url: database.url },
      redis: { url: cache.url },
      pids: { rabbitmq: broker.pid, mysql: database.pid, redis: cache.pid },
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    await Promise.allSettled(starts)
    await stop()
    throw error instanceof PlainError ? error : new PlainError(`Docker could not start a server: ${reasonOf(error)}`)
  }
}

/** Resolves with how a container ended, and the last thing it said, when it is not running any more. */
async function waitForEnd(name: string): Promise<string> {
  do {
    // It ends with the container, which somebody always stops: a limit of a day is only there to be one.
    await docker(['wait', name], { limitMs: 24 * 3_600_000 }).catch(() => {})
  } while ((await docker(['inspect', '--format', '{{.State.Running}}', name]).catch(() => '')) === 'true')
  const said = await docker(['logs', '--tail', '1', name]).catch(() => '')
  return `The container ${name} ended: ${said || 'it said nothing'}. See: docker logs ${name}`
}

/** A port named here: one that Docker chooses is another after each start of the container. */
const publish = async (inside: number) => ['--publish', `127.0.0.1:${await freePort()}:${inside}`]
