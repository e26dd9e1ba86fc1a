import { killedAfterCommit } from '../faults/08-killed-after-commit.ts'
import type { Variant } from './variant.ts'

export const knownIdsKeptBack: Variant = {
  name: 'known-ids-kept-back',
  title: 'posts that are stored already are not sent on again',
  rewrites: [
    {
      file: 'apps/db-writer/src/store-posts.ts',
      find: 'if (stored.has(post.id)) continue',
      replace: 'if (stored.has(post.id)) { (rows as any).known = [...((rows as any).known ?? []), post.id]; continue }',
    },
    {
      file: 'apps/db-writer/src/store-posts.ts',
      find: '.map((id) => stored.get(id)!)',
      replace: '.filter((id) => !(rows as any).known?.includes(id)).map((id) => stored.get(id)!)',
    },
  ],
  faults: [killedAfterCommit],
  shows: ['expectation'],
}
