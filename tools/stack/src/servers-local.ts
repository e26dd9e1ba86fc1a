import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram } from './find-program.ts'
import { keepProgramUp } from './keep-program-up.ts'
import { startMysql } from './local-mysql.ts'
import { brokerScript, startRabbitmq } from './local-rabbitmq.ts'
import { startRedis } from './local-redis.ts'
import type { Secrets } from './secrets.ts'
import type { ServerProgram } from './server-program.ts'
import { type Log, PlainError, type Servers } from './servers.ts'

// Over ten times what the slowest (RabbitMQ) needs on two idle cores, for machines that are busy.
const START_LIMIT_MS = 90_000

// RabbitMQ takes 6.5 s to stop, 5 of them a fixed wait in its management plugin; everything it confirmed is on the
// disk before. With the services' 7.5 s this keeps a stop within 15 s.
const STOP_LIMIT_MS = 7_000
/** The name of the broker's port mapper. */
const EPMD = 'epmd'

/** The names of the server programs that this machine lacks. */
export function missingPrograms(): string[] {
  const found = {
    'rabbitmq-server': brokerScript() && findProgram('epmd'),
    'mariadbd or mysqld': findProgram('mariadbd', 'mysqld'),
    'redis-server': findProgram('redis-server'),
  }
  return Object.entries(found).flatMap(([name, path]) => (path ? [] : [name]))
}

/**
 * Starts this machine's own server programs on private ports, with their data and logs in `home`, and keeps
 * them up. `record` is told of each process as soon as it runs. Whatever had started is stopped when one does not.
 */
export async function startLocalServers(
  home: string,
  secrets: Secrets,
  options: { log: Log; record: (pid: number) => void; restart: boolean; aborted: Promise<never> },
): Promise<Servers & AsyncDisposable> {
  const { log, record, restart, aborted } = options
  // Seen with RabbitMQ 3.10: it never comes up there, and its log says nothing of it.
  if (home.includes("'")) {
    throw new PlainError(`RabbitMQ cannot be run where a folder has ' in its name: ${home}. Move or rename it.`)
  }
  await mkdir(join(home, 'logs'), { recursive: true, mode: 0o700 })
  const programs = new Map<string, ServerProgram>()
  let stopping = false
  const started = (program: ServerProgram) => {
    programs.set(program.name, program)
    record(program.pid)
  }
  const stop = async () => {
    stopping = true
    const others = [...programs.values()].filter(({ name }) => name !== EPMD)
    await Promise.all(others.map((program) => program.stop(STOP_LIMIT_MS)))
    // Last: the broker signs off at its port mapper.
    await programs.get(EPMD)?.stop(500)
  }
  const how = { log, limitMs: START_LIMIT_MS, started }
  // A port that was free a moment ago may be taken by the time the broker, the slowest to start, listens on it.
  const startRabbitmqTwice = () =>
    startRabbitmq(home, secrets.rabbitmq, how).catch(async (error: Error) => {
      if (stopping) throw error
      await programs.get('RabbitMQ')?.stop(STOP_LIMIT_MS)
      await programs.get(EPMD)?.stop(500)
      if (stopping) throw error
      log(`${error.message} Trying once more, on other ports.`)
      return startRabbitmq(home, secrets.rabbitmq, how)
    })
  const starts = [
    startRabbitmqTwice(),
    startMysql(home, secrets.mysql, how),
    startRedis(home, secrets.redis, how),
  ] as const
  try {
    const [rabbitmq, mysql, redis] = await Promise.race([Promise.all(starts), aborted])
    for (const program of [...programs.values()]) {
      const restarted = ({ pid }: ServerProgram) => record(pid)
      if (restart) programs.set(program.name, { ...program, ...keepProgramUp(program, { log, started: restarted }) })
      else program.failed.catch((error: Error) => stopping || log(error.message))
    }
    return {
      how: 'local',
      rabbitmq: { url: rabbitmq.url, management: rabbitmq.management },
      mysql: { url: mysql.url },
      redis: { url: redis.url },
      pids: { rabbitmq: rabbitmq.pid, mysql: mysql.pid, redis: redis.pid },
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    // One that fails must not leave another just starting: stop what runs, wait for the rest to notice, stop again.
    await stop()
    await Promise.allSettled(starts)
    await stop()
    throw error
  }
}
