import { setTimeout as sleep } from 'node:timers/promises'
import { windowKeys } from '@parvis/storage/window'
import type { Redis } from 'ioredis'
import type { Fault } from './fault.ts'

const GROWN_OLD_MS = 4_000
/** Posts come to every channel in this time, and with them writes to every window. */
const LOOKED_AT_MS = 3_000

export const redisStale: Fault = {
  number: 13,
  name: '13-redis-stale',
  title: 'Redis is restored from an old backup',
  touches: ['redis'],
  holdMs: 0,
  async inject({ withRedis, redisPrefix }, { channels, addReaders, expect }) {
    const keysOf = (channel: string) => windowKeys(redisPrefix, channel)
    await withRedis(async (redis) => {
      const backup = new Map<string, (Buffer | null)[]>()
      for (const channel of channels) {
        const [entries, meta] = keysOf(channel)
        backup.set(channel, [await redis.dumpBuffer(entries), await redis.dumpBuffer(meta)])
      }
      await sleep(GROWN_OLD_MS)
      for (const channel of channels) await restore(redis, keysOf(channel), backup.get(channel)!)
      addReaders('crowd', 3)
      const until = Date.now() + LOOKED_AT_MS
      let torn = ''
      while (Date.now() < until) {
        for (const channel of channels) torn ||= await lookForHole(redis, channel, keysOf(channel))
        await sleep(100)
      }
      expect('a window that is vouched for has no hole', torn === '', torn)
    })
  },
}

/** In one step. Nobody has vouched for a backup: its leases ran out long ago. */
async function restore(redis: Redis, keys: ReturnType<typeof windowKeys>, dumps: (Buffer | null)[]): Promise<void> {
  const [entries, meta, lease] = keys
  const all = redis.multi().del(lease)
  for (const [n, key] of [entries, meta].entries()) {
    const dump = dumps[n]
    if (dump) all.restore(key, 0, dump, 'REPLACE')
  }
  await all.exec()
}

/** Looks at what is there, past those who read it with care. */
async function lookForHole(redis: Redis, channel: string, keys: ReturnType<typeof windowKeys>): Promise<string> {
  const [entries, meta, lease] = keys
  const answers = await redis.multi().exists(lease).hget(meta, 'last').zrange(entries, '0', '-1', 'WITHSCORES').exec()
  const [[, leased], [, last], [, found]] = answers as [[null, number], [null, string], [null, string[]]]
  const seqs = found.filter((_, n) => n % 2 === 1).map(Number)
  if (leased === 0 || seqs.length === 0) return ''
  const whole = seqs.every((seq, n) => seq === seqs[0]! + n) && seqs.at(-1) === Number(last)
  return whole ? '' : `${channel}: ${seqs.length} entries from ${seqs[0]} to ${seqs.at(-1)}, said to end at ${last}`
}
