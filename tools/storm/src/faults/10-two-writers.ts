import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'
import { lockChannels } from './lock-channels.ts'

const TIMES = 3
/** Less than the 3 s after which a wait for a lock is given up: both writers are still waiting when it is free. */
const HELD_MS = 2_500

/** A writer loses its queues in the middle of a transaction; the next one begins the same posts beside it. */
export const twoWriters: Fault = {
  number: 10,
  name: '10-two-writers',
  title: 'two db-writers have the same posts in hand at the same time',
  touches: ['mysql', 'broker'],
  holdMs: 0,
  async inject(world) {
    for (let n = 0; n < TIMES; n++) {
      const holder = await lockChannels(world)
      try {
        await sleep(300)
        world.servers.rabbitmq.proxy.reset()
        await sleep(HELD_MS - 300)
      } finally {
        holder.destroy()
      }
      await sleep(1_500)
    }
  },
}
