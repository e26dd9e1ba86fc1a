import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dropDatabase } from '@parvis/stack/database-accounts'
import { freePort } from '@parvis/stack/free-port'
import { makeVirtualHost, withPath } from '@parvis/stack/ground'
import { manage } from '@parvis/stack/manage'
import { runJob } from '@parvis/stack/run-job'
import { type Log, PlainError } from '@parvis/stack/servers'
import { type Service, startService } from '@parvis/stack/service'
import { serviceAddresses } from '@parvis/stack/service-accounts'
import { type ServiceName, serviceEnv } from '@parvis/stack/service-env'
import { startWall, type Wall } from '@parvis/stack/supervise'
import { Redis } from 'ioredis'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import type { Random } from './random.ts'
import { pointRewrites } from './rewrite/points.ts'
import { REWRITTEN, type Rewrite, rewritingEnv } from './rewrite/rewrite.ts'
import { createHostileProxy, type HostileProxy } from './servers/hostile-proxy.ts'
import { openPrivateServers, type PrivateServers, wallLog } from './servers/private-servers.ts'

export interface World {
  home: string
  servers: PrivateServers
  wall: Wall
  /** Every gateway's address; the last one reaches the broker through a proxy of its own. */
  gateways: string[]
  /** The gateway that can be made deaf while the others hear. */
  far: { service: Service; broker: HostileProxy }
  redisPrefix: string
  jwtSecret: string
  /** Files in it arm the points at which services die. */
  points: string
  /** All processes of the wall, by name. */
  processes(): { name: string; pid: number }[]
  /** Calls RabbitMQ's management API under `/api`; rejects when it refuses. */
  manage(method: string, path: string, body?: object): Promise<unknown>
  vhost: string
  sql<R>(statement: string, values?: unknown[]): Promise<R[]>
  /** A client of Redis for the length of one piece of work. */
  withRedis<R>(work: (redis: Redis) => Promise<R>): Promise<R>
  /** Brings the broker's objects back, as the boot job does. */
  declareTopology(): Promise<void>
  /** One more process of a service, with its own rewrites; to be stopped by whoever started it. */
  startExtra(
    service: ServiceName,
    name: string,
    options: { rewrites?: Rewrite[]; broker?: HostileProxy },
  ): Promise<Service>
  random: Random
  log: Log
}

/**
 * Everything a storm rages in: servers of its own, a virtual host and a database nobody else has, a wall with three
 * gateways and two of each worker, all with the given rewrites.
 */
export async function openWorld(options: {
  home: string
  log: Log
  random: Random
  rewrites?: readonly Rewrite[]
  signal?: AbortSignal
}): Promise<World & AsyncDisposable> {
  const { home, log, random, signal } = options
  const stack = new AsyncDisposableStack()
  try {
    mkdirSync(join(home, 'logs'), { recursive: true, mode: 0o700 })
    const points = mkdtempSync(join(tmpdir(), 'parvis-storm-'))
    stack.defer(() => rmSync(points, { recursive: true, force: true }))
    const file = createWriteStream(wallLog(home), { mode: 0o600 })
    stack.defer(async () => {
      file.end()
      await once(file, 'close')
    })
    const servers = stack.use(await openPrivateServers(home, log, signal))
    const ground = await freshGround(servers)

    const rewrites = [...pointRewrites, ...(options.rewrites ?? [])]
    const taken = new Set<string>()
    const wallWords: Log = (line) => {
      if (line.includes(REWRITTEN)) for (const { file } of rewrites) if (line.includes(file)) taken.add(file)
      if (!file.writableEnded) file.write(`${new Date().toISOString()} ${line}\n`)
    }
    const secret = () => randomBytes(32).toString('base64url')
    const secrets = { jwt: secret(), service: secret() }
    const redisPrefix = `${ground.name}:`
    const envWith = (some: readonly Rewrite[]): NodeJS.ProcessEnv => ({
      ...process.env,
      JWT_SECRET: secrets.jwt,
      SERVICE_TOKEN: secrets.service,
      REDIS_PREFIX: redisPrefix,
      LIMITS: 'off',
      LOG_LEVEL: 'info',
      ...rewritingEnv(some, points),
    })
    const start = () =>
      startWall({
        servers: ground.addresses(),
        log: wallWords,
        env: envWith(rewrites),
        secrets,
        counts: { gateway: 2, 'post-worker': 2, 'db-writer': 2, 'cache-worker': 2 },
        ...(signal && { signal }),
      })
    // A port that was free a moment ago may be taken by now, on a machine where much is started: once more, then.
    const wall = stack.use(
      await start().catch((error: Error) =>
        /port \d+ is taken/.test(error.message) ? start() : Promise.reject(error),
      ),
    )

    const kinds: Record<string, Service[]> = { gateway: wall.gateways, ...wall.services }
    const extras = new Map<string, Service>()
    const startExtra: World['startExtra'] = async (service, name, { rewrites: more = [], broker }) => {
      // As the users that the wall's start has made: a fault may be at work by now.
      const addresses = serviceAddresses(ground.addresses())
      if (broker) addresses.rabbitmq[service] = broker.through(addresses.rabbitmq[service])
      const process = await startService(name, {
        script: `apps/${service}/src/main.ts`,
        env: serviceEnv(service, {
          env: envWith([...rewrites, ...more]),
          addresses,
          jwtSecret: secrets.jwt,
          serviceToken: secrets.service,
          webRoot: undefined,
          port: await freePort(),
          messageStores: (kinds['message-store'] ?? []).map(({ url }) => url),
        } as Parameters<typeof serviceEnv>[1]),
        log: wallWords,
      })
      extras.set(name, process)
      process.events.on('exit', () => process.isUp || extras.get(name) !== process || undefined)
      return process
    }
    const broker = await createHostileProxy(servers.rabbitmq.directUrl())
    stack.defer(() => broker.close())
    // It follows the broker to another port, as the common proxy does.
    const startBroker = servers.rabbitmq.start
    servers.rabbitmq.start = async () => {
      const started = await startBroker()
      broker.aim(started.url)
      return started
    }
    const farGateway = await startExtra('gateway', 'gateway.far', { broker })
    stack.defer(() => farGateway.stop(5_000))

    const missing = rewrites.map(({ file }) => file).filter((one) => !taken.has(one))
    if (missing.length > 0)
      throw new PlainError(`No process loaded ${missing.join(', ')}: nothing was rewritten there.`)

    const own = stack.move()
    return {
      home,
      servers,
      wall,
      gateways: [...wall.gateways, farGateway].map(({ url }) => url),
      far: { service: farGateway, broker },
      redisPrefix,
      jwtSecret: secrets.jwt,
      points,
      processes: () =>
        [...Object.values(kinds).flat(), ...extras.values()]
          .filter(({ isUp }) => isUp)
          .map(({ name, pid }) => ({ name, pid })),
      manage: (method, path, body) => manage(servers.management(), method, `/api${path}`, body),
      vhost: ground.name,
      sql: (statement, values) => ground.sql(statement, values),
      async withRedis(work) {
        const redis = new Redis(servers.redis.directUrl(), { maxRetriesPerRequest: 2, connectTimeout: 5_000 })
        redis.on('error', () => {})
        try {
          return await work(redis)
        } finally {
          redis.disconnect()
        }
      },
      declareTopology: () =>
        runJob(
          'topology',
          'infra/rabbitmq/src/declare-topology.main.ts',
          { RABBITMQ_URL: withPath(servers.rabbitmq.directUrl(), ground.name) },
          wallWords,
        ),
      startExtra,
      random,
      log,
      [Symbol.asyncDispose]: () => own.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** A virtual host and a database of this storm; databases of earlier storms in this home are removed. */
async function freshGround(servers: PrivateServers) {
  const name = `storm_${randomBytes(4).toString('hex')}`
  const sqlIn = async <R>(database: string, statement: string, values: unknown[] = []): Promise<R[]> => {
    const connection = await createConnection({
      uri: withPath(servers.mysql.directUrl(), database),
      connectTimeout: 5_000,
      supportBigNumbers: true,
    })
    try {
      const [rows] = await connection.query<RowDataPacket[]>({ sql: statement, values, timeout: 60_000 })
      return rows as R[]
    } finally {
      connection.destroy()
    }
  }
  const old = await sqlIn<{ name: string }>(
    '',
    "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'storm\\_%'",
  )
  for (const { name: database } of old) await dropDatabase(servers.mysql.directUrl(), database)
  await sqlIn('', `CREATE DATABASE ${name}`)
  await makeVirtualHost(servers.management(), name)
  return {
    name,
    sql: <R>(statement: string, values?: unknown[]) => sqlIn<R>(name, statement, values),
    /** The servers as the wall gets them: through the proxies, in this virtual host and database. */
    addresses() {
      const all = servers.servers()
      return {
        ...all,
        rabbitmq: { url: withPath(all.rabbitmq.url, name), management: servers.management() },
        mysql: { url: withPath(all.mysql.url, name) },
      }
    },
  }
}
