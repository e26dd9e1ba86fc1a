import { parseOptions } from './parse-options.ts'
import { PlainError } from './servers.ts'
import type { ServiceName } from './service-env.ts'
import type { Counts } from './supervise.ts'

export const START_HELP = `Starts the wall: real servers, the five services, the page. Ctrl-C stops it all; what was posted stays.

  npm start [-- OPTIONS]

  --gateways N        how many of each process, 1 to 8 (1)
  --post-workers N
  --db-writers N
  --cache-workers N
  --message-stores N
  --help              this text

In the environment:
  PORT                     the wall's port (3000)
  HOST                     127.0.0.1; 0.0.0.0 lets the phones of a room in
  PARVIS_STACK             where the servers come from: external, docker or local (external where addresses are given; else as
                           at the first start; else docker, or local where there is none)
  RABBITMQ_URL, MYSQL_URL, REDIS_URL, RABBITMQ_MANAGEMENT_URL
                           servers of your own
  JWT_SECRET, SERVICE_TOKEN
                           at least 32 characters each (random, kept in .parvis/)
  LOG_LEVEL, LIMITS, ALLOWED_ORIGINS
                           handed on to the services

What was posted is in .parvis/, or, where the servers run in Docker, in its volumes parvis-…, whose names and passwords
follow from .parvis/secrets.json.

.env, where there is one, says the same; .env.example names every setting.`

// A process more than partitions (4) only stands by; eight of each is more than any machine for a demo carries.
const MOST = 8

/** Reads the arguments of `npm start`. Undefined means that help was asked for. Throws a PlainError on any other word. */
export function readStartOptions(args: string[]): { counts: Counts } | undefined {
  const { values } = parse(args)
  if (values.help) return undefined
  const count = (option: keyof typeof values): number => {
    const value = values[option] as string
    if (!/^\d$/.test(value) || Number(value) < 1 || Number(value) > MOST) {
      throw new PlainError(`--${option} must be a number from 1 to ${MOST}, not ${JSON.stringify(value)}.`)
    }
    return Number(value)
  }
  return {
    counts: {
      gateway: count('gateways'),
      'post-worker': count('post-workers'),
      'db-writer': count('db-writers'),
      'cache-worker': count('cache-workers'),
      'message-store': count('message-stores'),
    } satisfies Record<ServiceName, number>,
  }
}

/** Reads PORT: 3000 when absent; 0 takes any that is free. */
export function readPort(value: string | undefined): number {
  if (!value) return 3000
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) {
    throw new PlainError(`PORT must be a number from 0 to 65535, not ${JSON.stringify(value)}.`)
  }
  return Number(value)
}

function parse(args: string[]) {
  const count = { type: 'string', default: '1' } as const
  return parseOptions('npm start --', {
    args,
    options: {
      gateways: count,
      'post-workers': count,
      'db-writers': count,
      'cache-workers': count,
      'message-stores': count,
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
}
