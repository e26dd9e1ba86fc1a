import { killedAfterCommit } from '../faults/08-killed-after-commit.ts'
import { killedBeforeAck } from '../faults/09-killed-before-ack.ts'
import type { Variant } from './variant.ts'

export const sharedChannel: Variant = {
  name: 'shared-channel',
  title: 'all queues are consumed on one channel, so that an ack of many covers the other queues',
  rewrites: [
    {
      file: 'libs/bus/src/consume.ts',
      find: 'const channel = await on.connection.createChannel()',
      replace: 'const channel = await ((on as any).shared ??= on.connection.createChannel())',
    },
  ],
  faults: [killedAfterCommit, killedBeforeAck],
  shows: ['lost', 'recovery', 'expectation'],
}
