import { killedAfterCommit } from '../faults/08-killed-after-commit.ts'
import type { Variant } from './variant.ts'

export const ackBeforePublish: Variant = {
  name: 'ack-before-publish',
  title: 'a worker acks before what it caused is confirmed',
  rewrites: [
    {
      file: 'libs/bus/src/consume.ts',
      find: 'await handleDeliveries(what, batch,',
      // The ack leaves before the work is done.
      replace: `mine.channel.ack(batch.at(-1)!, true)
        await new Promise((resolve) => setTimeout(resolve, 20))
        await handleDeliveries(what, batch,`,
    },
    { file: 'libs/bus/src/consume.ts', find: 'mine.acks.done(last, batch.length)', replace: 'void last' },
  ],
  faults: [killedAfterCommit],
  shows: ['lost'],
}
