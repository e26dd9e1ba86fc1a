import { queuesDeleted } from '../faults/06-queues-deleted.ts'
import type { Variant } from './variant.ts'

export const cancelUnnoticed: Variant = {
  name: 'cancel-unnoticed',
  title: 'a consumer that the broker has cancelled waits for ever',
  rewrites: [
    {
      file: 'libs/bus/src/consume.ts',
      find: 'if (message === null) {\n        mine.lost.abort()\n        void closeQuietly(channel)\n',
      replace: 'if (message === null) {\n',
    },
  ],
  faults: [queuesDeleted],
  shows: ['recovery'],
}
