import { eachProxy } from './each-proxy.ts'
import type { Fault } from './fault.ts'

export const reset: Fault = {
  number: 4,
  name: '4-reset',
  title: 'every connection to the three servers is reset (TCP RST)',
  touches: ['broker', 'mysql', 'redis'],
  holdMs: 0,
  inject: (world) => eachProxy(world, (proxy) => proxy.reset()),
}
