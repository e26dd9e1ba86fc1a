import { poisonPost } from '../faults/11-poison-post.ts'
import type { Variant } from './variant.ts'

export const batchParked: Variant = {
  name: 'batch-parked',
  title: 'a batch that fails is parked as a whole',
  rewrites: [
    {
      file: 'libs/bus/src/handle-batch.ts',
      find: 'const [only] = items',
      replace:
        "for (const item of items) await work.park(item, 'with its batch')\n  if (items.length > 0) return\n  const [only] = items",
    },
  ],
  faults: [poisonPost],
  shows: ['not-stored', 'parked'],
}
