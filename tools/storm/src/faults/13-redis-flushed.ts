import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'

export const redisFlushed: Fault = {
  number: 13,
  name: '13-redis-flushed',
  title: 'Redis is emptied, again and again',
  touches: ['redis'],
  holdMs: 0,
  async inject({ withRedis }, { addReaders }) {
    for (let n = 0; n < 4; n++) {
      await withRedis((redis) => redis.flushall())
      // They ask for pages that only MySQL has now.
      addReaders('crowd', 1)
      await sleep(700)
    }
  },
}
