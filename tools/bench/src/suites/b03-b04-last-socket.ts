import { figureOf, holdAgainst, holdTo } from '../figure.ts'
import { rawNet } from '../floors/raw-net.ts'
import { interleave } from '../interleave.ts'
import { openFanOut } from '../load/fan-out.ts'
import { steadily, warmUp } from '../load/measure-crowd.ts'
import { peers } from '../peers/all.ts'
import type { Bench, Figure, Result, Suite } from '../suite.ts'
import { lastSocketNotes } from './last-socket-notes.ts'

const RATE = 100
/** 1,500 posts: so many it takes until what a post costs db-writer falls no further. */
const WARM_S = 15
/**
 * Who writes each post to each socket by itself cannot do 100 a second for more than this on two processors (raw net
 * does 13 for 10,000, see B2), and what it has left undone would be in the way of the next round.
 */
const MOST_WITHOUT_COALESCING = 2_000

/** B3: from a post's intended time to the last of 1,000 sockets, 100 posts a second, durable. */
export const lastOfAThousand: Suite = {
  id: 'B3',
  title: 'a post to the last of 1,000 sockets',
  seconds: { quick: 42, full: 145 },
  async run(bench) {
    return await lastSocket(bench, 1_000, (half, most) => {
      holdTo(half, { atMost: 12 })
      holdAgainst(half, 'socket.io', { atMost: 1 })
      holdTo(most, { atMost: 40 })
      holdTo(most, { atMost: 20, reach: true })
      holdAgainst(most, 'socket.io', { atMost: 1 })
    })
  },
}

/** B4: the same to 10,000 sockets. */
export const lastOfTenThousand: Suite = {
  id: 'B4',
  title: 'a post to the last of 10,000 sockets',
  seconds: { quick: 45, full: 155 },
  async run(bench) {
    return await lastSocket(bench, bench.quick ? 2_000 : 10_000, (_half, most) => {
      holdTo(most, { atMost: 150 })
      holdTo(most, { atMost: 100, reach: true })
    })
  },
}

async function lastSocket(bench: Bench, sockets: number, goals: (half: Figure, most: Figure) => void): Promise<Result> {
  const { quick, signal } = bench
  const alone = sockets > MOST_WITHOUT_COALESCING
  await using fanOut = await openFanOut(bench, {
    sockets,
    floors: alone ? [] : [rawNet],
    peers: alone ? [] : peers,
    warm: (running, crowd) => warmUp(running, crowd, { perSecond: RATE, seconds: quick ? 8 : WARM_S, signal }),
    measure: (running, crowd) => steadily(running, crowd, { perSecond: RATE, seconds: quick ? 3 : 10, signal }),
  })
  const measured = await interleave(fanOut.contenders, quick ? 3 : 5, bench)
  const crowd = `${sockets.toLocaleString('en')} sockets`
  const half = figureOf(measured, 'p50', `Post to the last of ${crowd}, ${RATE} posts/s, p50`, 'ms')
  const most = figureOf(measured, 'p99', 'The same, p99', 'ms')
  goals(half, most)
  const beside = 'Nothing is beside it: what writes each post to each socket by itself cannot do so many.'
  return { figures: [half, most], notes: [...lastSocketNotes(measured), ...(alone ? [beside] : [])] }
}
