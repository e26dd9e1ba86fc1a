import { setTimeout as delay } from 'node:timers/promises'
import { partitions } from '@parvis/contracts/partition'
import { queues } from '@parvis/contracts/topology'
import type { Ground } from '@parvis/stack/ground'
import { manage } from '@parvis/stack/manage'

const LOOK_MS = 250

const lanesOf = {
  'post-worker': queues.postWorker,
  'db-writer': queues.dbWriter,
  'cache-worker': queues.cacheWorker,
} as const
export type Worker = keyof typeof lanesOf
export const workers = Object.keys(lanesOf) as Worker[]

/** How many partitions each process of a service works on, the most first, by the broker's own word; a gap counts for none. */
async function sharesOf(ground: Ground, worker: Worker): Promise<number[]> {
  const vhost = new URL(ground.servers.rabbitmq.url).pathname.slice(1)
  const holders = await Promise.all(
    partitions.map(async (partition) => {
      const path = `/api/queues/${vhost}/${lanesOf[worker](partition)}`
      const queue = (await manage(ground.servers.rabbitmq.management, 'GET', path)) as {
        consumer_details?: { active: boolean; channel_details: { connection_name: string } }[]
      }
      return queue.consumer_details?.find(({ active }) => active)?.channel_details.connection_name
    }),
  )
  const held = Map.groupBy(holders, (holder) => holder)
  held.delete(undefined)
  return [...held.values()].map(({ length }) => length).sort((a, b) => b - a)
}

/**
 * Resolves with the seconds until every service's partitions are shared like this, `[2, 2]` or `[4]`, as the broker's
 * statistics show it (up to 5 s late); rejects after `limitS`.
 */
export async function untilShared(
  ground: Ground,
  wanted: readonly number[],
  options: { limitS: number; signal: AbortSignal },
): Promise<number> {
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  for (; ; await delay(LOOK_MS, undefined, { signal: options.signal })) {
    const shares = await Promise.all(workers.map((worker) => sharesOf(ground, worker)))
    if (shares.every((one) => one.join() === wanted.join())) return seconds()
    if (seconds() > options.limitS) {
      const seen = workers.map((worker, index) => `${worker} ${shares[index]?.join(' and ')}`)
      throw new Error(`not shared ${wanted.join(' and ')} after ${options.limitS} s: ${seen.join(', ')}`)
    }
  }
}
