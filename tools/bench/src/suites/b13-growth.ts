import type { Ground } from '@parvis/stack/ground'
import { type BenchWall, openBenchWall } from '../bench-wall.ts'
import { holdAgainst, holdTo } from '../figure.ts'
import { takeToken } from '../load/writers.ts'
import type { Bench, Suite } from '../suite.ts'
import { channelFigures } from './b13-channels.ts'
import { shareFigures } from './b13-shares.ts'
import { wallFigures } from './b13-walls.ts'

/** What the parts of this suite work on: a wall with two of each service. */
export interface Grown {
  bench: Bench
  ground: Ground
  wall: BenchWall
  gateway: string
  token: string
}

/** B13: more processes, more channels, more posts. Sockets are grown in B1 and B2. */
export const growth: Suite = {
  id: 'B13',
  title: 'Growth: processes, channels, posts on the wall',
  seconds: { quick: 80, full: 430 },
  async run(bench) {
    await using ground = await bench.servers.freshGround()
    const counts = { gateway: 2, 'post-worker': 2, 'db-writer': 2, 'cache-worker': 2 }
    await using wall = await openBenchWall(ground, { counts, signal: bench.signal })
    const gateway = wall.gateways[0]!.url
    const grown: Grown = { bench, ground, wall, gateway, token: await takeToken(gateway) }
    const shares = await shareFigures(grown)
    for (const figure of shares) holdTo(figure, { atMost: 15 })
    const channels = await channelFigures(grown)
    for (const figure of channels) holdAgainst(figure, '1 channel', { atMost: 1.2 })
    const { newest, old, note } = await wallFigures(grown)
    holdAgainst(newest, '10 thousand posts', { atMost: 1.2 })
    holdTo(old, { atMost: 5 })
    const late = 'Who works on a partition is the broker’s word, whose statistics are up to 5 s old.'
    const lanes = 'One channel keeps one partition busy, in larger batches; ten and a hundred keep all four.'
    return { figures: [...shares, ...channels, newest, old], notes: [late, lanes, note] }
  },
}
