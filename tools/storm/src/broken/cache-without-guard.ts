import { redisStale } from '../faults/13-redis-stale.ts'
import type { Variant } from './variant.ts'

export const cacheWithoutGuard: Variant = {
  name: 'cache-without-guard',
  title: 'windows in Redis are written whatever is there',
  rewrites: [
    {
      file: 'libs/storage/src/window-scripts.ts',
      find: "if ARGV[5] == 'apply' then",
      replace: "if ARGV[5] == 'apply' then last = 0\nelseif false then",
      service: 'cache-worker',
    },
  ],
  faults: [redisStale],
  shows: ['expectation', 'window'],
}
