import { eachProxy } from './each-proxy.ts'
import type { Fault } from './fault.ts'

export const chopped: Fault = {
  number: 4,
  name: '4-chopped',
  title: 'everything comes in single bytes and small pieces',
  touches: ['broker', 'mysql', 'redis'],
  holdMs: 6_000,
  inject: (world) => eachProxy(world, (proxy) => proxy.chop(true)),
  heal: (world) => eachProxy(world, (proxy) => proxy.chop(false)),
}
