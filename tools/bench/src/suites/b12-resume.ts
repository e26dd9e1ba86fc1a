import { setTimeout as sleep } from 'node:timers/promises'
import { figureOf, holdTo } from '../figure.ts'
import { quantile } from '../load/histogram.ts'
import { openSettledCrowd } from '../load/measure-crowd.ts'
import { postSteadily } from '../load/open-loop.ts'
import { CHANNEL, startOurs } from '../ours.ts'
import { openSqlCounts } from '../sql-counts.ts'
import type { Bench, Readings, Suite } from '../suite.ts'

const RESUME_MS = 60_000
const RATE = 20
/** Each says where it was: the last sequence that it was shown, and of which epoch. */
const RESUME = `{"type":"wall.subscribe","channel":"${CHANNEL}","after":%last%,"epoch":"%epoch%"}`

/** B12: all sockets are lost at once and come back at once, each with its own place, while posts go on. */
export const resume: Suite = {
  id: 'B12',
  title: 'ten thousand sockets resume',
  seconds: { quick: 16, full: 80 },
  async run(bench) {
    const sockets = bench.quick ? 2_000 : 10_000
    const rounds: Readings[] = []
    for (let round = 0; round < (bench.quick ? 1 : 3); round++) {
      bench.log(`round ${round + 1}`)
      rounds.push(await dropAll(bench, sockets))
    }
    const measured = [{ name: 'Parvis', kind: 'ours' as const, rounds }]
    const crowd = `${sockets.toLocaleString('en')} sockets`
    const p99 = figureOf(measured, 'p99', `${crowd} dropped at once: caught up, p99`, 's')
    holdTo(p99, { atMost: 3 })
    holdTo(p99, { atMost: 1.5, reach: true })
    const wrong = figureOf(measured, 'wrong', 'Entries lost or doubled, all sockets together', 'entries')
    holdTo(wrong, { atMost: 0 })
    const reads = figureOf(measured, 'selects', 'Reads of MySQL for it, all services together', 'statements')
    holdTo(reads, { atMost: 0, reach: true })
    return {
      figures: [p99, wrong, reads],
      notes: [
        `${RATE} posts/s go on all the time; the sockets are closed and dialled again, 400 at a time, without any pause. From the drop to a socket's first frame, which brings it what it missed.`,
        `Reads are Com_select of the whole server while it lasts, less as many as the same posts cost with nobody dropped; ${rounds.map(({ redials }) => redials).join(', ')} connections were refused at first, ${rounds.map(({ snapshots }) => snapshots).join(', ')} sockets got a page instead of what they missed.`,
      ],
    }
  },
}

async function dropAll({ servers, quick, signal }: Bench, sockets: number): Promise<Readings> {
  await using ground = await servers.freshGround()
  await using counts = await openSqlCounts(ground.servers.mysql.url)
  await using ours = await startOurs(ground, { signal })
  await using crowd = await openSettledCrowd(ours, sockets, { signal })
  const seconds = quick ? 4 : 8
  const post = () => postSteadily(ours.post, { perSecond: RATE, seconds, signal })

  let selects = await counts.read('Com_select')
  await post()
  const usual = (await counts.read('Com_select')) - selects

  await crowd.reset()
  crowd.setHello([RESUME])
  selects = await counts.read('Com_select')
  const posting = post()
  posting.catch(() => {})
  await sleep(1_000, undefined, { signal })
  await crowd.redial(RESUME_MS)
  const sent = (await posting).length
  await sleep(1_000, undefined, { signal })
  const extra = (await counts.read('Com_select')) - selects - usual
  const { deliveries, holes, doubled, greeting, redials, snapshots } = await crowd.report()
  const lost = Math.max(holes, sent * sockets - deliveries)
  return {
    p99: quantile(greeting, 0.99) / 1e6,
    wrong: lost + doubled,
    selects: Math.max(0, extra),
    redials,
    snapshots,
  }
}
