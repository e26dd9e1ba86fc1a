import { setTimeout as sleep } from 'node:timers/promises'
import { figureOf, holdTo } from '../figure.ts'
import type { Crowd } from '../load/crowd.ts'
import { quantileOf } from '../load/histogram.ts'
import { openSettledCrowd } from '../load/measure-crowd.ts'
import { postText } from '../load/post-text.ts'
import { startOurs } from '../ours.ts'
import type { Bench, Readings, Suite } from '../suite.ts'

/** B11: a hundred thousand sockets on this machine; one post a second reaches all of them, for five minutes. */
export const hundredThousand: Suite = {
  id: 'B11',
  title: 'a hundred thousand sockets',
  seconds: { quick: 14, full: 380 },
  async run(bench) {
    const { quick, signal } = bench
    const [sockets, gateways, holdS] = quick ? [12_000, 2, 5] : [100_000, 6, 300]
    await using ground = await bench.servers.freshGround()
    bench.log(`${gateways} gateways begin`)
    await using ours = await startOurs(ground, { counts: { gateway: gateways }, signal })
    bench.log(`${sockets.toLocaleString('en')} sockets connect`)
    const from = performance.now()
    await using crowd = await openSettledCrowd(ours, sockets, { urls: ours.urls, signal })
    const connectS = (performance.now() - from) / 1000
    const readings = await hold(bench, ours.post, crowd, holdS)
    const measured = [{ name: 'Parvis', kind: 'ours' as const, rounds: [{ ...readings, connectS }] }]
    const many = `${sockets.toLocaleString('en')} sockets at ${gateways} gateways`
    const last = figureOf(measured, 'worst', `One post to the last of ${many}, slowest of ${holdS} s at 1 post/s`, 'ms')
    holdTo(last, { atMost: 2_000 })
    holdTo(last, { atMost: 1_000, reach: true })
    const delivered = figureOf(measured, 'delivered', `Delivered to ${many}`, '%')
    holdTo(delivered, { atLeast: 100 })
    return {
      figures: [last, figureOf(measured, 'p50', 'The same, median', 'ms'), delivered],
      notes: [
        `All were connected, subscribed and reached by a first post after ${connectS.toFixed(1)} s; ${readings.closed} were closed meanwhile.`,
      ],
    }
  },
}

async function hold(
  { log, signal }: Bench,
  post: (text: string) => Promise<void>,
  crowd: Crowd,
  seconds: number,
): Promise<Readings> {
  await crowd.reset()
  let posted = 0
  for (; posted < seconds; posted++) {
    if (posted % 30 === 0) log(`all held, second ${posted} of ${seconds}`)
    const { text } = postText(process.hrtime.bigint())
    const [,] = await Promise.all([post(text), sleep(1_000, undefined, { signal })])
  }
  const limit = performance.now() + 10_000
  while (crowd.reached().length < posted && performance.now() < limit) await sleep(50, undefined, { signal })
  const { deliveries, closed } = await crowd.report()
  const times = crowd.reached().map(({ ms }) => ms)
  return {
    worst: times.length < posted ? Number.POSITIVE_INFINITY : Math.max(...times),
    p50: quantileOf(times, 0.5),
    delivered: (deliveries * 100) / (posted * crowd.sockets),
    closed,
  }
}
