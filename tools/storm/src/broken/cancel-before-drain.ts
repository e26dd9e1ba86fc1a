import { otherVersion } from '../faults/21-other-version.ts'
import type { Variant } from './variant.ts'

export const cancelBeforeDrain: Variant = {
  name: 'cancel-before-drain',
  title: 'a worker that leaves cancels first and then works off what it has: the next one overtakes it',
  rewrites: [
    {
      file: 'libs/bus/src/consume.ts',
      find: 'await channel.consume(queue,',
      replace: ';(mine as any).consumed = await channel.consume(queue,',
    },
    {
      file: 'libs/bus/src/consume.ts',
      find: 'mine.leaving = true\n',
      replace: `;(mine as any).cancelled = true
    await mine.channel.cancel((mine as any).consumed.consumerTag)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    mine.leaving = true
`,
    },
    {
      // Slower, so that there is something to overtake, and the one that leaves so slow that it is overtaken.
      file: 'libs/bus/src/consume.ts',
      find: 'const batch = takeBatch(mine.buffer)',
      replace: `await new Promise((resolve) => setTimeout(resolve, 150))
      if ((mine as any).cancelled) await new Promise((resolve) => setTimeout(resolve, 1_000))
      const batch = takeBatch(mine.buffer)`,
    },
  ],
  faults: [otherVersion],
  shows: ['order'],
  rate: 250,
}
