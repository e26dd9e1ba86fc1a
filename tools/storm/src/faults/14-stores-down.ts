import type { Service } from '@parvis/stack/service'
import type { World } from '../world.ts'
import type { Fault } from './fault.ts'

/** The wall's message-store processes; a wall may have none. */
export const storesOf = ({ wall }: World): Service[] =>
  (wall.services as Record<string, Service[]>)['message-store'] ?? []

export const storesDown: Fault = {
  number: 14,
  name: '14-stores-down',
  title: 'the message-store is down, then the broker too',
  touches: ['broker'],
  holdMs: 4_000,
  needs: (world) => (storesOf(world).length > 0 ? undefined : 'this wall has no message-store'),
  async inject(world) {
    for (const store of storesOf(world)) await store.stop(5_000)
    world.servers.rabbitmq.proxy.refuse(true)
    world.far.broker.refuse(true)
  },
  async heal(world) {
    world.servers.rabbitmq.proxy.refuse(false)
    world.far.broker.refuse(false)
    for (const store of storesOf(world)) if (!store.isUp) await store.start()
  },
}
