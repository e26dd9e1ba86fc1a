import type { World } from '../world.ts'
import type { Fault } from './fault.ts'

export const redisFull: Fault = {
  number: 13,
  name: '13-redis-full',
  title: 'Redis has no memory left for 6 s: it answers what is asked, and takes nothing',
  touches: ['redis'],
  holdMs: 6_000,
  async inject(world, { addReaders }) {
    await setMemory(world, 1)
    addReaders('crowd', 3)
  },
  heal: (world) => setMemory(world, 0),
}

/** @param bytes 0 for no limit */
function setMemory({ withRedis }: World, bytes: number): Promise<void> {
  return withRedis(async (redis) => {
    await redis.config('SET', 'maxmemory-policy', 'noeviction')
    await redis.config('SET', 'maxmemory', bytes)
  })
}
