import { randomBytes } from 'node:crypto'
import { freePort } from './free-port.ts'
import { allEnded, runJob } from './run-job.ts'
import type { Log, Servers } from './servers.ts'
import { type Service, startService } from './service.ts'
import { serviceAccounts } from './service-accounts.ts'
import { SERVICES, type ServiceName, serviceEnv } from './service-env.ts'

export type Counts = Record<ServiceName, number>

export type Wall = {
  gateways: Service[]
  services: Record<Exclude<ServiceName, 'gateway'>, Service[]>
  serviceToken: string
}

// From the start of a stop, until when each kind may take: first nothing new comes in, then what came in moves on.
// The servers need 7 s after them (RabbitMQ), and all must be gone within 15 s. What is cut off is not lost: it is
// still unacked at the broker.
const STOP_UNTIL_MS: Record<ServiceName, number> = {
  gateway: 2_500,
  'message-store': 3_000,
  'post-worker': 4_500,
  'db-writer': 6_500,
  'cache-worker': 7_500,
}

/**
 * Brings database and broker up to date, then starts the five services as processes of this machine; resolves when all
 * are ready. Disposal stops them in the order of a post's way, within 7.5 s. Rejects with a PlainError, leaving nothing.
 */
export async function startWall(options: {
  servers: Servers
  log: Log
  /** Takes each line of a service whole, as it wrote it; `log` gets it shortened, for people. */
  said?: (line: string) => void
  /** What the services see besides addresses and secrets. JWT_SECRET and SERVICE_TOKEN in it count, else `secrets`. */
  env?: NodeJS.ProcessEnv
  /** Random ones when absent: sessions then end with the wall. */
  secrets?: { jwt: string; service: string }
  /** How many of each; one where it is absent. */
  counts?: Partial<Counts>
  /** The first gateway's; every other port, and this one when absent or 0, is a free one, kept over restarts. */
  port?: number
  /** The folder of the built page. */
  webRoot?: string
  /** False leaves a process down that ends by itself. */
  restart?: boolean
  /** Gives up the start. */
  signal?: AbortSignal
}): Promise<Wall & AsyncDisposable> {
  const { servers, log, said, env = process.env, counts = {}, port, webRoot, restart = true } = options
  const random = () => randomBytes(32).toString('base64url')
  const jwtSecret = env.JWT_SECRET || options.secrets?.jwt || random()
  const serviceToken = env.SERVICE_TOKEN || options.secrets?.service || random()

  const job = (name: string, script: string, env: Record<string, string>) =>
    runJob(name, script, env, log, options.signal)
  const jobs = [
    job('migrate', 'apps/db-writer/src/migrate.main.ts', { MYSQL_URL: servers.mysql.url }),
    job('migrate stores', 'apps/message-store/src/migrate.main.ts', { MYSQL_URL: servers.mysql.url }),
    job('topology', 'infra/rabbitmq/src/declare-topology.main.ts', { RABBITMQ_URL: servers.rabbitmq.url }),
  ]
  await allEnded(jobs)
  options.signal?.throwIfAborted()
  const addresses = await serviceAccounts(servers, log, env.MESSAGE_STORE)

  // One that cannot start ends the start of the others.
  const givenUp = new AbortController()
  const signal = AbortSignal.any([givenUp.signal, ...(options.signal ? [options.signal] : [])])
  const started: { service: ServiceName; process: Service }[] = []
  const stop = () => stopInOrder(started)
  const startOne = async ({ service, index, of }: Place, messageStores: string[], port: number): Promise<Service> => {
    const process = await startService(of > 1 ? `${service}.${index + 1}` : service, {
      script: `apps/${service}/src/main.ts`,
      env: serviceEnv(service, {
        env,
        addresses,
        jwtSecret,
        serviceToken,
        webRoot,
        port,
        messageStores,
      }),
      log,
      ...(said && { said }),
      restart,
      signal,
    })
    started.push({ service, process })
    return process
  }
  const places = placesOf(counts)
  // Known before anything starts: gateways are told where the message stores will be.
  const ports = await Promise.all(
    places.map(({ service, index }) => (service === 'gateway' && index === 0 && port) || freePort()),
  )
  const messageStores = places.flatMap(({ service }, place) =>
    service === 'message-store' ? [`http://127.0.0.1:${ports[place]}`] : [],
  )
  const starts = places.map((place, index) => startOne(place, messageStores, ports[index]!))
  try {
    const processes = await Promise.all(starts)
    const all = (service: ServiceName) => processes.filter((_, index) => places[index]?.service === service)
    return {
      gateways: all('gateway'),
      services: {
        'post-worker': all('post-worker'),
        'db-writer': all('db-writer'),
        'cache-worker': all('cache-worker'),
        'message-store': all('message-store'),
      },
      serviceToken,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    givenUp.abort()
    await Promise.allSettled(starts)
    await stop()
    throw error
  }
}

type Place = { service: ServiceName; index: number; of: number }

function placesOf(counts: Partial<Counts>): Place[] {
  return SERVICES.flatMap((service) => {
    const of = counts[service] ?? 1
    return Array.from({ length: of }, (_, index) => ({ service, index, of }))
  })
}

async function stopInOrder(started: { service: ServiceName; process: Service }[]): Promise<void> {
  const from = performance.now()
  for (const service of SERVICES) {
    const kind = started.filter((one) => one.service === service)
    const share = Math.max(0, STOP_UNTIL_MS[service] - (performance.now() - from))
    await Promise.all(kind.map(({ process }) => process.stop(share)))
  }
}
