import { setTimeout as sleep } from 'node:timers/promises'
import type { HostileProxy } from '../servers/hostile-proxy.ts'
import type { World } from '../world.ts'
import { storesOf } from './14-stores-down.ts'
import type { Fault } from './fault.ts'

/** What is published again is published when the broker comes back: so that is when it breaks again. */
const TIMES = 8

export const brokerShaky: Fault = {
  number: 14,
  name: '14-broker-shaky',
  title: 'the broker is away for 6 s, and breaks again and again while it comes back',
  touches: ['broker'],
  holdMs: 0,
  needs: (world) => (storesOf(world).length > 0 ? undefined : 'this wall has no message-store'),
  async inject(world) {
    for (const proxy of proxiesOf(world)) proxy.refuse(true)
    await sleep(6_000)
    for (const proxy of proxiesOf(world)) proxy.refuse(false)
    for (let n = 0; n < TIMES; n++) {
      await sleep(world.random.between(300, 900))
      for (const proxy of proxiesOf(world)) proxy.reset()
    }
  },
  async heal(world) {
    for (const proxy of proxiesOf(world)) proxy.refuse(false)
  },
}

const proxiesOf = ({ servers, far }: World): HostileProxy[] => [servers.rabbitmq.proxy, far.broker]
