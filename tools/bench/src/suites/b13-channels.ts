import { figureOf } from '../figure.ts'
import { interleave } from '../interleave.ts'
import { postBySockets } from '../load/post-sockets.ts'
import { postThrough } from '../load/post-through.ts'
import { POST_TEXT as text } from '../load/writers.ts'
import type { Contender, Figure } from '../suite.ts'
import type { Grown } from './b13-growth.ts'

const PER_SECOND = 1_000
const CHANNELS = [1, 10, 100]
const nameOf = (count: number) => (count === 1 ? '1 channel' : `${count} channels`)

/** What a post costs wall and servers when the same posts are spread over more channels. */
export async function channelFigures({ bench, ground, wall, gateway, token }: Grown): Promise<Figure[]> {
  const [rounds, seconds] = bench.quick ? [2, 2] : [4, 6]
  const contenders = CHANNELS.map((count): Contender => {
    const channels = Array.from({ length: count }, (_, n) => `spread-${count}-${n}`)
    const load = () => postBySockets({ gateway, token, channels, text, perSecond: PER_SECOND })
    return {
      name: nameOf(count),
      kind: 'ours',
      measure: () => postThrough({ wall, servers: bench.servers, ground, channels, seconds, load }),
    }
  })
  bench.log('warming up')
  for (const { measure } of contenders) await measure(bench.signal)
  const measured = await interleave(contenders, rounds, bench)
  return CHANNELS.slice(1).map((count) => {
    // Held against one channel, as against a floor.
    const pair = measured
      .filter(({ name }) => name === nameOf(count) || name === nameOf(1))
      .map((one) => ({ ...one, kind: one.name === nameOf(1) ? ('floor' as const) : one.kind }))
    const what = `CPU of wall and servers, 1,000 posts a second on ${nameOf(count)}`
    return figureOf(pair, 'cpuMs', what, 'ms/1,000 posts')
  })
}
