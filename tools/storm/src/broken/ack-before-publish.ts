import { killedAfterCommit } from '../faults/08-killed-after-commit.ts'
import type { Variant } from './variant.ts'

export const ackBeforePublish: Variant = {
  name: 'ack-before-publish',
  title: 'a worker acks before what it caused is confirmed',
  rewrites: [
    {
      file: 'libs/bus/src/consume.ts',
      find: 'await handleDeliveries(batch, mine.lost.signal)',
      replace: 'mine.channel.ack(batch.at(-1)!, true); await handleDeliveries(batch, mine.lost.signal)',
    },
    { file: 'libs/bus/src/consume.ts', find: 'mine.channel.ack(last, true)', replace: 'void last' },
  ],
  faults: [killedAfterCommit],
  shows: ['lost'],
}
