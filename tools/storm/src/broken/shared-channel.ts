import { killedBeforeAck } from '../faults/09-killed-before-ack.ts'
import type { Variant } from './variant.ts'

export const sharedChannel: Variant = {
  name: 'shared-channel',
  title: 'all queues are consumed on one channel, so that an ack of many covers the other queues',
  rewrites: [
    {
      file: 'libs/bus/src/consume.ts',
      find: 'const channel = await on.connection.createChannel()',
      replace: 'const channel = await ((on.connection as any).shared ??= on.connection.createChannel())',
    },
    {
      // Slower, so that batches of several queues are in work at a time.
      file: 'libs/bus/src/consume.ts',
      find: 'const batch = takeBatch(mine.buffer)',
      replace: 'const batch = takeBatch(mine.buffer); await new Promise((resolve) => setTimeout(resolve, 100))',
    },
  ],
  faults: [killedBeforeAck],
  shows: ['lost', 'recovery'],
  rate: 150,
}
