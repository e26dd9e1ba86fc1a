import { setTimeout as sleep } from 'node:timers/promises'
import { loseBroadcasts } from '../rewrite/points.ts'
import { bringToRest } from './at-rest.ts'
import type { Fault } from './fault.ts'

/** Positions are told every 10 s and doubted for 2 s. */
const HEALED_MS = 20_000

/** Nothing follows the lost broadcasts, so no gap shows them: only MySQL's positions do. */
export const broadcastsLost: Fault = {
  number: 7,
  name: '7-broadcasts-lost',
  title: 'broadcasts get lost for 3 s, and nothing follows them',
  touches: ['broker', 'clients'],
  holdMs: 0,
  async inject({ points }, round) {
    loseBroadcasts(points, true)
    await sleep(3_000)
    round.writers.pause(true)
    await round.writers.settle(10_000)
    await sleep(1_000)
    loseBroadcasts(points, false)
    const healed = await bringToRest(round, HEALED_MS)
    round.expect('lost broadcasts are made up for within 20 s', healed)
  },
  async heal({ points }, { writers }) {
    loseBroadcasts(points, false)
    writers.pause(false)
  },
}
