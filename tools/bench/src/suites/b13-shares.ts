import { postBySockets } from '../load/post-sockets.ts'
import { untilShared, workers } from '../load/shares.ts'
import { channelPerPartition, POST_TEXT as text } from '../load/writers.ts'
import type { Figure } from '../suite.ts'
import type { Grown } from './b13-growth.ts'

const PER_SECOND = 200
const LIMIT_S = 60

/** Seconds until two processes of each service share four busy channels evenly: after a start, a kill and a restart. */
export async function shareFigures({ bench, ground, wall, gateway, token }: Grown): Promise<Figure[]> {
  const rounds = bench.quick ? 1 : 3
  const even = () => untilShared(ground, [2, 2], { limitS: LIMIT_S, signal: bench.signal })
  using load = await postBySockets({
    gateway,
    token,
    channels: channelPerPartition('busy'),
    text,
    perSecond: PER_SECOND,
  })
  const each = (what: string): Figure => ({
    what: `two of each service share four busy channels after ${what}`,
    unit: 's',
    ours: [],
    beside: [],
    goals: [],
  })
  const [started, killed, restarted] = [each('a start'), each('a kill'), each('a restart')]
  bench.log('sharing after a start')
  started.ours.push(await even())
  for (let round = 0; round < rounds; round++) {
    const victims = workers.map((worker) => wall.services[worker][round % 2]!)
    bench.log('sharing after a kill')
    const ready = victims.map((victim) => victim.nextReady())
    for (const victim of victims) victim.kill('SIGKILL')
    // Until then the statistics may still show those that are dead.
    await Promise.all(ready)
    killed.ours.push(await even())
    bench.log('sharing after a restart')
    await Promise.all(victims.map((victim) => victim.stop()))
    await untilShared(ground, [4], { limitS: LIMIT_S, signal: bench.signal })
    await Promise.all(victims.map((victim) => victim.start()))
    restarted.ours.push(await even())
  }
  await load.stop()
  return [started, killed, restarted]
}
