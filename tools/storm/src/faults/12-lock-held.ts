import type { Connection } from 'mysql2/promise'
import type { Fault } from './fault.ts'
import { lockChannels } from './lock-channels.ts'

let holder: Connection | undefined

/** An operator's forgotten transaction: each wait for it ends after 3 s (1205), and is repeated. */
export const lockHeld: Fault = {
  number: 12,
  name: '12-lock-held',
  title: "somebody holds the lock on all channels' rows for 10 s",
  touches: ['mysql'],
  holdMs: 10_000,
  async inject(world) {
    holder = await lockChannels(world)
  },
  async heal() {
    holder?.destroy()
    holder = undefined
  },
}
