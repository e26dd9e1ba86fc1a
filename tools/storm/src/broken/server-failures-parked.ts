import { sqlReadOnly } from '../faults/12-sql-read-only.ts'
import type { Variant } from './variant.ts'

export const serverFailuresParked: Variant = {
  name: 'server-failures-parked',
  title: 'what a server cannot do at the moment is taken for a fault of the post',
  rewrites: [
    {
      file: 'libs/storage/src/ask.ts',
      find: '!transientNumbers.has(errno ?? 0)',
      replace: '![1062, 1205, 1213].includes(errno ?? 0)',
    },
  ],
  faults: [sqlReadOnly],
  shows: ['not-stored', 'parked'],
}
