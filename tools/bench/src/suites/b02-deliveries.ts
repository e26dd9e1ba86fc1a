import { figureOf, holdTo } from '../figure.ts'
import { rawNet } from '../floors/raw-net.ts'
import { interleave } from '../interleave.ts'
import type { Crowd } from '../load/crowd.ts'
import { openFanOut } from '../load/fan-out.ts'
import { steadily } from '../load/measure-crowd.ts'
import { peers } from '../peers/all.ts'
import type { RunningPeer } from '../peers/peer.ts'
import type { Bench, Readings, Suite } from '../suite.ts'
import { lastSocketNotes } from './last-socket-notes.ts'

/** A rate counts when every socket got every post, and 99 of 100 deliveries took less than this. */
const MOST_MS = 250
/** A rate may fail by a neighbour's fault: it is tried twice. */
const TRIES = 2

/** B2: the most deliveries a second, all of them made and p99 under 250 ms, with everything running on this machine. */
export const deliveries: Suite = {
  id: 'B2',
  title: 'deliveries a second',
  seconds: { quick: 50, full: 400 },
  async run(bench) {
    const sockets = bench.quick ? 2_000 : 10_000
    await using fanOut = await openFanOut(bench, {
      sockets,
      floors: [rawNet],
      peers,
      measure: (running, crowd) => growing(running, crowd, bench),
    })
    const measured = await interleave(fanOut.contenders, bench.quick ? 1 : 3, bench)
    const crowd = `${sockets.toLocaleString('en')} sockets`
    const most = figureOf(measured, 'offered', `Deliveries a second, ${crowd}, 100 %, p99 < ${MOST_MS} ms`, '/s')
    holdTo(most, { atLeast: 400_000 })
    holdTo(most, { atLeast: 1_000_000, reach: true })
    const posts = figureOf(measured, 'posts', `Posts a second to ${crowd} at that rate`, '/s')
    return { figures: [most, posts], notes: lastSocketNotes(measured) }
  },
}

/** Posts faster and faster; gives the readings of the last rate that held. */
async function growing(running: RunningPeer, crowd: Crowd, { quick, signal }: Bench): Promise<Readings> {
  const [seconds, growth] = quick ? [1.5, 1.5] : [4, 1.3]
  let held: Readings = { offered: 0, posts: 0 }
  for (let perSecond = 10; perSecond < 20_000; perSecond = Math.ceil(perSecond * growth)) {
    let holds = false
    for (let attempt = 0; attempt < TRIES && !holds; attempt++) {
      const readings = await steadily(running, crowd, { perSecond, seconds, drainMs: 10_000, signal })
      const { delivered = 0, deliveryP99 = Number.POSITIVE_INFINITY } = readings
      holds = delivered === 1 && deliveryP99 < MOST_MS
      if (holds) held = { ...readings, offered: perSecond * crowd.sockets, posts: perSecond }
      // What is still on its way must not come into the next rate's counts.
      if (delivered < 1) return held
    }
    if (!holds) return held
  }
  return held
}
