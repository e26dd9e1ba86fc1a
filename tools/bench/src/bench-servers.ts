import { randomBytes } from 'node:crypto'
import { type Ground, makeGround } from '@parvis/stack/ground'
import { openServers } from '@parvis/stack/open-servers'
import type { Log, Servers } from '@parvis/stack/servers'
import { pastTheProxy } from './past-the-proxy.ts'

export interface BenchServers {
  how: Servers['how']
  pids: Servers['pids']
  /** A virtual host, a database and a key prefix that nobody has used; with administrators' rights; for one round. */
  freshGround(): Promise<Ground & AsyncDisposable>
}

/** Starts RabbitMQ, MySQL and Redis for this bench alone, their data in `home`; disposal stops them. */
export async function openBenchServers(
  home: string,
  log: Log,
  signal: AbortSignal,
): Promise<BenchServers & AsyncDisposable> {
  // Never servers that the environment names: they are somebody's.
  const { RABBITMQ_URL: _r, MYSQL_URL: _m, REDIS_URL: _d, PARVIS_STACK, ...rest } = process.env
  const way = PARVIS_STACK === 'docker' || PARVIS_STACK === 'local' ? { PARVIS_STACK } : {}
  const servers = await openServers({ home, log, env: { ...rest, ...way }, signal })
  const measured = await pastTheProxy(servers)
  return {
    how: servers.how,
    pids: servers.pids,
    freshGround: () => makeGround(measured, `bench_${randomBytes(4).toString('hex')}`),
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  }
}
