import { setTimeout as sleep } from 'node:timers/promises'
import { windowKeys } from '@parvis/storage/window'
import type { Fault } from './fault.ts'

export const redisStale: Fault = {
  number: 13,
  name: '13-redis-stale',
  title: 'Redis is restored from an old backup',
  touches: ['redis'],
  holdMs: 0,
  async inject({ withRedis, redisPrefix }, { channels, addReaders }) {
    await withRedis(async (redis) => {
      const kept = new Map<string, Buffer | null>()
      for (const channel of channels) {
        const [entries, meta] = windowKeys(redisPrefix, channel)
        for (const key of [entries, meta]) kept.set(key, await redis.dumpBuffer(key))
      }
      await sleep(4_000)
      for (const channel of channels) {
        const [entries, meta, lease] = windowKeys(redisPrefix, channel)
        // Nobody has vouched for a backup: its leases have run out long ago.
        await redis.del(lease)
        for (const key of [entries, meta]) {
          const old = kept.get(key)
          if (old) await redis.restore(key, 0, old, 'REPLACE')
        }
      }
    })
    addReaders('crowd', 3)
  },
}
