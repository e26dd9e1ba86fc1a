import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { openServers } from '@parvis/stack/open-servers'
import type { Log, Servers } from '@parvis/stack/servers'
import { readRecord } from '@parvis/stack/servers-record'
import { dockerControls } from './docker-control.ts'
import { createHostileProxy, type HostileProxy } from './hostile-proxy.ts'
import { localControls } from './local-control.ts'

/** What can be done to one server's process. */
export interface ServerControl {
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM, as who restarts a server does; resolves when it has ended by itself, rejects when it does not. */
  stop(): Promise<void>
  /** Starts it again on the same data; resolves with its address when it answers. */
  start(): Promise<{ url: string; management?: string }>
  freeze(): Promise<void>
  thaw(): Promise<void>
  pid(): number
}

export interface Controls {
  rabbitmq: ServerControl
  mysql: ServerControl
  redis: ServerControl
  rabbitmqctl(args: string[]): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

/** A server as the storm has it: its process, and the proxy through which the wall reaches it. */
interface PrivateServer extends ServerControl {
  proxy: HostileProxy
  /** The storm's own way in, past the proxy; it changes when the server has come back. */
  directUrl(): string
}

export interface PrivateServers {
  how: Servers['how']
  rabbitmq: PrivateServer
  mysql: PrivateServer
  redis: PrivateServer
  /** The management API's address, with user and password. */
  management(): string
  rabbitmqctl(args: string[]): Promise<string>
  /** The addresses that a wall gets: all through the proxies. */
  servers(): Servers
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts RabbitMQ, MySQL and Redis for this storm alone, their data in `home`, each behind a hostile proxy, so that a
 * server that was killed may come back on another port and the wall does not notice.
 */
export async function openPrivateServers(home: string, log: Log, signal?: AbortSignal): Promise<PrivateServers> {
  const stack = new AsyncDisposableStack()
  try {
    // Never servers that the environment names: they are somebody's.
    const { RABBITMQ_URL: _r, MYSQL_URL: _m, REDIS_URL: _d, PARVIS_STACK, ...rest } = process.env
    const way = PARVIS_STACK === 'docker' || PARVIS_STACK === 'local' ? { PARVIS_STACK } : {}
    // Of an earlier storm. To delete its virtual host instead makes RabbitMQ 3.10 fall over now and then: the workers
    // that dead-letter at least once are shot in their start, and too many of them end their supervisor, and the broker.
    if (!readRecord(home)) rmSync(join(home, 'rabbitmq'), { recursive: true, force: true })
    const opened = stack.use(
      await openServers({ home, log, env: { ...rest, ...way }, restart: false, ...(signal && { signal }) }),
    )
    const controls = stack.use(
      opened.how === 'docker' ? dockerControls(home, opened) : await localControls(home, opened, log),
    )
    let { management } = opened.rabbitmq

    const behindProxy = async (name: 'rabbitmq' | 'mysql' | 'redis'): Promise<PrivateServer> => {
      let { url } = opened[name]
      const proxy = await createHostileProxy(url)
      stack.defer(() => proxy.close())
      const control = controls[name]
      return {
        ...control,
        proxy,
        directUrl: () => url,
        async start() {
          const started = await control.start()
          url = started.url
          management = started.management ?? management
          proxy.aim(url)
          return started
        },
      }
    }
    const [rabbitmq, mysql, redis] = [
      await behindProxy('rabbitmq'),
      await behindProxy('mysql'),
      await behindProxy('redis'),
    ]
    const own = stack.move()
    return {
      how: opened.how,
      rabbitmq,
      mysql,
      redis,
      management: () => management,
      rabbitmqctl: controls.rabbitmqctl,
      servers: () => ({
        how: opened.how,
        rabbitmq: { url: rabbitmq.proxy.through(rabbitmq.directUrl()), management },
        mysql: { url: mysql.proxy.through(mysql.directUrl()) },
        redis: { url: redis.proxy.through(redis.directUrl()) },
        pids: {},
      }),
      [Symbol.asyncDispose]: () => own.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** Where the services' own words go, for a look afterwards. */
export const wallLog = (home: string) => join(home, 'logs', 'wall.log')
