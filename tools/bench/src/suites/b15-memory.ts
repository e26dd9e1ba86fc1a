import { setTimeout as delay } from 'node:timers/promises'
import { openBenchWall } from '../bench-wall.ts'
import { residentKiB } from '../cpu.ts'
import { holdTo } from '../figure.ts'
import { countEntries } from '../load/count-entries.ts'
import { postBySockets } from '../load/post-sockets.ts'
import { channelPerPartition, takeToken, POST_TEXT as text } from '../load/writers.ts'
import type { Figure, Suite } from '../suite.ts'

/** A quarter of what the wall can do, and so many that V8 collects all of each heap every few minutes. */
const PER_SECOND = 4_000
const LOOK_MS = 1_000
/**
 * What a post may leave behind in a process; it is 600 bytes itself. At 500 a second a heap takes longer than half of the
 * run to its next full collection, and the line through its rise is no leak: 54 to 117 bytes a post were seen, and as
 * many objects before a million posts as after.
 */
const FLAT_BYTES_PER_POST = 20

interface Look {
  minutes: number
  mib: number
}

/** B15: memory of each process of the wall under a steady load. */
export const memory: Suite = {
  id: 'B15',
  title: 'Memory of each service under load',
  seconds: { quick: 70, full: 1_210 },
  async run(bench) {
    const minutes = bench.quick ? 1 : 20
    await using ground = await bench.servers.freshGround()
    await using wall = await openBenchWall(ground, { signal: bench.signal })
    const gateway = wall.gateways[0]!.url
    const channels = channelPerPartition('steady')
    const services = Object.entries({ gateway: wall.gateways, ...wall.services })
    using reader = await countEntries(gateway, channels)
    using load = await postBySockets({
      gateway,
      token: await takeToken(gateway),
      channels,
      text,
      perSecond: PER_SECOND,
    })
    const looks = new Map(services.map(([name]) => [name, [] as Look[]]))
    const started = performance.now()
    const passed = () => (performance.now() - started) / 60_000
    for (let said = 0; passed() < minutes; await delay(LOOK_MS, undefined, { signal: bench.signal })) {
      for (const [name, [process]] of services) {
        looks.get(name)?.push({ minutes: passed(), mib: residentKiB(process!.pid) / 1024 })
      }
      if (passed() < said + 1) continue
      said++
      bench.log(`minute ${said} of ${minutes}`)
    }
    await load.stop()
    const figures = services.flatMap(([name]) => {
      const all = looks.get(name) ?? []
      const half = all.slice(all.length >> 1)
      const growth: Figure = {
        what: `${name}: growth`,
        unit: 'B a post',
        ours: [bytesPerPost(half)],
        beside: [],
        goals: [],
      }
      holdTo(growth, { atMost: FLAT_BYTES_PER_POST })
      const size: Figure = {
        what: `${name}: at the end`,
        unit: 'MiB',
        ours: [half.at(-1)?.mib ?? 0],
        beside: [],
        goals: [],
      }
      return [growth, size]
    })
    const note =
      `${minutes} min of ${PER_SECOND} posts a second on four channels, ${load.accepted().toLocaleString('en')} in all, ` +
      `${reader.seen().toLocaleString('en')} seen. Growth is the slope of the best line through the second half; a heap rises until V8 collects all of it.`
    return { figures, notes: bench.quick ? [note, 'A minute says little: heaps are still settling.'] : [note] }
  },
}

function bytesPerPost(looks: readonly Look[]): number {
  return (slope(looks) * 2 ** 20) / (PER_SECOND * 60)
}

/** Of the line with the least squares through the looks, in MiB a minute. */
function slope(looks: readonly Look[]): number {
  const mean = (of: (look: Look) => number) => looks.reduce((sum, look) => sum + of(look), 0) / looks.length
  const [x, y] = [mean(({ minutes }) => minutes), mean(({ mib }) => mib)]
  const products = mean(({ minutes, mib }) => (minutes - x) * (mib - y))
  return products / mean(({ minutes }) => (minutes - x) ** 2)
}
