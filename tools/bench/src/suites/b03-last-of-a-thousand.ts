import { figureOf, holdAgainst, holdTo } from '../figure.ts'
import { rawNet } from '../floors/raw-net.ts'
import { interleave } from '../interleave.ts'
import { fanOutContenders } from '../load/fan-out.ts'
import { steadily } from '../load/measure-crowd.ts'
import { fanOutPeers } from '../peers/all.ts'
import type { Suite } from '../suite.ts'
import { lastSocketNotes } from './last-socket-notes.ts'

const PEER = 'Socket.IO + MySQL'

/** B3: from a post's intended time to the last of 1,000 sockets, 100 posts a second, durable. */
export const lastOfAThousand: Suite = {
  id: 'B3',
  title: 'a post to the last of 1,000 sockets',
  seconds: { quick: 40, full: 300 },
  async run(bench) {
    const { quick, signal } = bench
    const measured = await interleave(
      fanOutContenders(bench, {
        sockets: 1_000,
        floors: [rawNet],
        peers: fanOutPeers,
        measure: (running, crowd) => steadily(running, crowd, { perSecond: 100, seconds: quick ? 3 : 10, signal }),
      }),
      quick ? 2 : 6,
      bench,
    )
    const half = figureOf(measured, 'p50', 'Post to the last of 1,000 sockets, 100 posts/s, p50', 'ms')
    holdTo(half, { atMost: 12 })
    holdAgainst(half, PEER, { atMost: 1 })
    const most = figureOf(measured, 'p99', 'The same, p99', 'ms')
    holdTo(most, { atMost: 40 })
    holdTo(most, { atMost: 20, reach: true })
    holdAgainst(most, PEER, { atMost: 1 })
    return { figures: [half, most], notes: lastSocketNotes(measured) }
  },
}
