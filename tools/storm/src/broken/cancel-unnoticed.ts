import { queuesDeleted } from '../faults/06-queues-deleted.ts'
import type { Variant } from './variant.ts'

export const cancelUnnoticed: Variant = {
  name: 'cancel-unnoticed',
  title: 'a consumer that the broker has cancelled waits for ever',
  rewrites: [
    {
      file: 'libs/bus/src/consume.ts',
      find: 'if (message === null) void closeQuietly(channel)',
      replace: 'if (message === null) return',
    },
  ],
  faults: [queuesDeleted],
  shows: ['recovery'],
}
