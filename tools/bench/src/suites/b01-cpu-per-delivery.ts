import { figureOf, holdAgainst, median } from '../figure.ts'
import { rawNet } from '../floors/raw-net.ts'
import { interleave } from '../interleave.ts'
import { openFanOut } from '../load/fan-out.ts'
import { oneByOne } from '../load/measure-crowd.ts'
import { peers } from '../peers/all.ts'
import { number } from '../report/number.ts'
import type { Suite } from '../suite.ts'

/** B1: what one delivery costs the gateway when nothing can be coalesced: each post waits for the last socket. */
export const cpuPerDelivery: Suite = {
  id: 'B1',
  title: 'CPU per delivery',
  seconds: { quick: 28, full: 160 },
  async run(bench) {
    const { quick, signal } = bench
    const figures = []
    const notes = [
      'The CPU of the gateway alone, by one post at a time: the next when the last socket has the one before, ten a second at most (two with 10,000 sockets).',
    ]
    for (const sockets of quick ? [1_000] : [1_000, 10_000]) {
      await using fanOut = await openFanOut(bench, {
        sockets,
        floors: [rawNet],
        peers,
        measure: (running, crowd) =>
          oneByOne(running, crowd, { seconds: quick ? 3 : 6, everyMs: Math.max(100, sockets / 20), signal }),
      })
      const measured = await interleave(fanOut.contenders, quick ? 3 : 5, bench)
      const crowd = `${sockets.toLocaleString('en')} sockets`
      const figure = figureOf(measured, 'cpuPerDelivery', `CPU per delivery, ${crowd}, a text of 256 B`, 'µs')
      holdAgainst(figure, 'raw net', { atMost: 1.2 })
      holdAgainst(figure, 'raw net', { atMost: 1.05, reach: true })
      holdAgainst(figure, 'ws', { atMost: 1 })
      holdAgainst(figure, 'socket.io', { atMost: 0.4 })
      figures.push(figure, figureOf(measured, 'msToLast', `From a post to the last of ${crowd}, one at a time`, 'ms'))
      for (const { name, rounds } of measured) {
        const of = (reading: string) => number(median(rounds.map((one) => one[reading] ?? Number.NaN)))
        notes.push(
          `${name}, ${crowd}: frames of ${of('bytesPerFrame')} B; per delivery the readers took ${of('readersPerDelivery')} µs, the whole machine ${of('busyPerDelivery')} µs.`,
        )
      }
    }
    return { figures, notes }
  },
}
