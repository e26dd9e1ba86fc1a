import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startMysql } from '@parvis/stack/local-mysql'
import { brokerScript, startRabbitmq } from '@parvis/stack/local-rabbitmq'
import { startRedis } from '@parvis/stack/local-redis'
import { identify } from '@parvis/stack/process-identity'
import { keepSecrets } from '@parvis/stack/secrets'
import type { ServerProgram } from '@parvis/stack/server-program'
import type { Log, ServerName, Servers } from '@parvis/stack/servers'
import { readRecord, writeRecord } from '@parvis/stack/servers-record'
import { execa } from 'execa'
import { until } from '../faults/until.ts'
import type { Controls, ServerControl } from './private-servers.ts'

/** Ten times what the slowest needs on two idle cores. */
const START_LIMIT_MS = 90_000
const STOP_LIMIT_MS = 7_000
/** A server that is told to end writes what it has in memory first. */
const ORDERLY_MS = 60_000

/** Kills, starts, freezes server programs of this machine that `openServers` started in this home. */
export async function localControls(home: string, opened: Servers, log: Log): Promise<Controls> {
  const secrets = await keepSecrets(home)
  const programs: ServerProgram[] = []
  let epmdPort = await portOfEpmd(opened)
  const options = {
    log,
    limitMs: START_LIMIT_MS,
    started: (program: ServerProgram) => {
      programs.push(program)
      // On the home's record, so that even after a crash of ours somebody stops it.
      const record = readRecord(home)
      if (record) writeRecord(home, { ...record, processes: [...record.processes, identify(program.pid)] })
    },
  }
  const starts = {
    rabbitmq: async () => {
      const started = await startRabbitmq(home, secrets.rabbitmq, options)
      epmdPort = await portOfEpmd({ pids: { rabbitmq: started.pid } })
      return started
    },
    mysql: () => startMysql(home, secrets.mysql, options),
    redis: () => startRedis(home, secrets.redis, options),
  }

  const controlOf = (name: ServerName): ServerControl => {
    let pid = opened.pids[name] as number
    return {
      pid: () => pid,
      async kill() {
        process.kill(pid, 'SIGKILL')
        while (isThere(pid)) await sleep(20)
      },
      async stop() {
        process.kill(pid, 'SIGTERM')
        if (!(await until(ORDERLY_MS, () => !isThere(pid)))) throw new Error(`${name} does not end`)
      },
      async start() {
        const { pid: started, ...where } = await starts[name]()
        pid = started
        return where
      },
      freeze: async () => void process.kill(pid, 'SIGSTOP'),
      thaw: async () => void (isThere(pid) && process.kill(pid, 'SIGCONT')),
    }
  }
  return {
    rabbitmq: controlOf('rabbitmq'),
    mysql: controlOf('mysql'),
    redis: controlOf('redis'),
    async rabbitmqctl(args) {
      const folder = join(home, 'rabbitmq')
      const { stdout } = await execa(
        join(dirname(brokerScript() as string), 'rabbitmqctl'),
        ['--node', 'parvis@localhost', ...args],
        {
          // The broker's own: Debian's other one is a wrapper that changes the user. The broker keeps its cookie in its own home folder.
          env: { HOME: folder, ERL_EPMD_PORT: epmdPort, RABBITMQ_CONF_ENV_FILE: '/dev/null' },
          timeout: 30_000,
          stdin: 'ignore',
        },
      )
      return stdout
    },
    async [Symbol.asyncDispose]() {
      const [epmd, others] = [programs.filter(isEpmd), programs.filter((program) => !isEpmd(program))]
      await Promise.all(others.map((program) => program.stop(STOP_LIMIT_MS)))
      await Promise.all(epmd.map((program) => program.stop(500)))
    },
  }
}

const isEpmd = ({ name }: ServerProgram) => name === 'epmd'

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The port of the broker's own port mapper, which its environment names. */
async function portOfEpmd({ pids }: Pick<Servers, 'pids'>): Promise<string> {
  const environment = await readFile(`/proc/${pids.rabbitmq}/environ`, 'latin1')
  return /(?:^|\0)ERL_EPMD_PORT=(\d+)/.exec(environment)?.[1] ?? ''
}
