import type { Fault } from './fault.ts'

export const redisDown: Fault = {
  number: 13,
  name: '13-redis-down',
  title: 'Redis is killed, and started again 8 s later',
  touches: ['redis'],
  holdMs: 8_000,
  inject: ({ servers }) => servers.redis.kill(),
  heal: async ({ servers }) => void (await servers.redis.start()),
}
