import { setTimeout as sleep } from 'node:timers/promises'
import { readWindow, windowKeys } from '@parvis/storage/window'
import type { Fault } from './fault.ts'

/** Posts come to every channel in this time, and with them writes to every window. */
const LOOKED_AT_MS = 3_000

export const redisStale: Fault = {
  number: 13,
  name: '13-redis-stale',
  title: 'Redis is restored from an old backup',
  touches: ['redis'],
  holdMs: 0,
  async inject({ withRedis, redisPrefix }, { channels, addReaders, expect }) {
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
      addReaders('crowd', 3)
      const until = Date.now() + LOOKED_AT_MS
      let torn = ''
      while (Date.now() < until) {
        for (const channel of channels) {
          const window = await readWindow(redis, windowKeys(redisPrefix, channel))
          if (!window?.leased || window.entries.length === 0) continue
          const { entries, last } = window
          const whole = entries.every(({ seq }, n) => seq === entries[0]!.seq + n) && entries.at(-1)!.seq === last
          if (!whole) torn = `${channel}: ${entries.map(({ seq }) => seq).join(' ')}`.slice(0, 200)
        }
        await sleep(100)
      }
      expect('a window that is vouched for has no hole', torn === '', torn)
    })
  },
}
