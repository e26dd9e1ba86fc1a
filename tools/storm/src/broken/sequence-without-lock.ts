import { twoWriters } from '../faults/10-two-writers.ts'
import type { Variant } from './variant.ts'

export const sequenceWithoutLock: Variant = {
  name: 'sequence-without-lock',
  title: 'the sequence is read, then written, without the lock on the row',
  rewrites: [
    {
      file: 'apps/db-writer/src/store-posts.ts',
      find: 'WHERE id IN (?) ORDER BY id FOR UPDATE',
      replace: 'WHERE id IN (?) ORDER BY id',
    },
  ],
  faults: [twoWriters],
  shows: ['sequence', 'stored-twice'],
  // The keys alone would turn the mistake into a repeat.
  prepare: async ({ sql }) => {
    const drop = 'DROP PRIMARY KEY, DROP INDEX entries_id'
    await sql(`ALTER TABLE entries ${drop}, ADD INDEX (channel_id, seq), ADD INDEX entries_id (id)`)
  },
}
