import { sameId } from '../faults/15-same-id.ts'
import type { Variant } from './variant.ts'

export const randomPostIds: Variant = {
  name: 'random-post-ids',
  title: 'each try gets an id of its own',
  rewrites: [
    {
      file: 'apps/gateway/src/post-id.ts',
      find: "createHmac('sha256', key)",
      replace: "createHmac('sha256', key).update(String(Math.random()))",
    },
  ],
  faults: [sameId],
  shows: ['answer-differs', 'stored-twice'],
}
