import { eachProxy } from './each-proxy.ts'
import type { Fault } from './fault.ts'

export const slowNetwork: Fault = {
  number: 4,
  name: '4-slow-network',
  title: 'everything to and from the servers takes 200 ms longer',
  touches: ['broker', 'mysql', 'redis'],
  holdMs: 8_000,
  inject: (world) => eachProxy(world, (proxy) => proxy.delay(200)),
  heal: (world) => eachProxy(world, (proxy) => proxy.delay(0)),
}
