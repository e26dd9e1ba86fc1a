import type { HostileProxy } from '../servers/hostile-proxy.ts'
import type { World } from '../world.ts'

/** Does something to all the wall's ways to its servers. */
export async function eachProxy({ servers, far }: World, change: (proxy: HostileProxy) => void): Promise<void> {
  for (const proxy of [servers.rabbitmq.proxy, servers.mysql.proxy, servers.redis.proxy, far.broker]) change(proxy)
}
