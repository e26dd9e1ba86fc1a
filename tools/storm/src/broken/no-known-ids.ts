import { killedBeforeAck } from '../faults/09-killed-before-ack.ts'
import type { Variant } from './variant.ts'

export const noKnownIds: Variant = {
  name: 'no-known-ids',
  title: 'ids are neither unique in MySQL nor looked up',
  rewrites: [
    {
      file: 'apps/db-writer/src/store-posts.ts',
      find: 'const stored = alreadyStored(known as KnownRow[])',
      replace: 'const stored = new Map<string, StoredPost>(); void [known, alreadyStored]',
    },
    { file: 'apps/db-writer/src/store-posts.ts', find: 'e FORCE INDEX (entries_id) ', replace: 'e ' },
  ],
  faults: [killedBeforeAck],
  shows: ['stored-twice'],
  prepare: async ({ sql }) => {
    await sql('ALTER TABLE entries DROP INDEX entries_id')
  },
}
