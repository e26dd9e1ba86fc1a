import { partitions } from '@parvis/contracts/partition'
import { cpuMs } from '../cpu.ts'
import { figureOf, holdAgainst, holdTo, median } from '../figure.ts'
import { runFloor } from '../floors/run-floor.ts'
import { interleave } from '../interleave.ts'
import { startLoneDbWriter } from '../load/lone-db-writer.ts'
import { reviewedPosts } from '../load/reviewed-posts.ts'
import { channelPerPartition } from '../load/writers.ts'
import type { Contender, Suite } from '../suite.ts'

const FLOOR = 'bare INSERT'
const ONE_FLOOR = 'bare INSERT, one connection'

/** B6: what db-writer stores alone, with the sequence and once only. */
export const storedRows: Suite = {
  id: 'B6',
  title: 'Rows a second of db-writer alone',
  seconds: { quick: 12, full: 70 },
  async run(bench) {
    const [rounds, posts] = bench.quick ? [3, 20_000] : [5, 100_000]
    await using ground = await bench.servers.freshGround()
    await using db = await startLoneDbWriter(ground, bench.signal)
    const channels = channelPerPartition('rows')
    const floor = (name: string, connections: number): Contender => ({
      name,
      kind: 'floor',
      measure: (signal) => runFloor('insert-rows', { url: ground.servers.mysql.url, connections }, signal),
    })
    const contenders: Contender[] = [
      {
        name: 'Parvis',
        kind: 'ours',
        async measure() {
          // The floor writes the rows of this round, no more; and a table that grows would slow one more than the other.
          await db.stored.forget()
          const cpu = cpuMs([db.writer.pid])
          const took = await db.store(reviewedPosts(channels, posts), posts)
          const storedPercent = ((await db.stored.rows()) / posts) * 100
          return {
            rowsPerSecond: posts / took,
            storedPercent,
            cpuMicros: ((cpuMs([db.writer.pid]) - cpu) / posts) * 1000,
          }
        },
      },
      // As many as db-writer has partitions under way.
      floor(FLOOR, partitions.length),
      floor(ONE_FLOOR, 1),
    ]
    bench.log('warming up')
    await contenders[0]!.measure(bench.signal)
    const measured = await interleave(contenders, rounds, bench)
    const rate = figureOf(measured, 'rowsPerSecond', 'four channels, one in each partition', 'rows/s')
    holdAgainst(rate, FLOOR, { atLeast: 0.7 })
    holdAgainst(rate, FLOOR, { atLeast: 0.9, reach: true })
    const stored = figureOf(measured, 'storedPercent', 'rows in the table, of those that were sent', '%')
    holdTo(stored, { atLeast: 100 })
    const micros = median(measured[0]!.rounds.map((round) => round.cpuMicros ?? Number.NaN))
    const note =
      `${posts.toLocaleString('en')} posts wait in the queues, 500 a message, when db-writer begins; ` +
      `its own CPU is ${micros.toFixed(0)} µs a row. The floor sends ready statements of 500 rows.`
    return { figures: [rate, stored], notes: [note] }
  },
}
