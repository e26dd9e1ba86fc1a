import { eachProxy } from './each-proxy.ts'
import type { Fault } from './fault.ts'

export const halfOpen: Fault = {
  number: 4,
  name: '4-half-open',
  title: 'connections go dead without a word, and new ones too, for 5 s',
  touches: ['broker', 'mysql', 'redis'],
  holdMs: 5_000,
  inject: (world) => eachProxy(world, (proxy) => proxy.halfOpen(true)),
  heal: (world) => eachProxy(world, (proxy) => proxy.halfOpen(false)),
}
