import type { Outgoing } from '@parvis/contracts/outgoing'
import { partitionOf } from '@parvis/contracts/partition'
import type { ReviewedPost } from '@parvis/contracts/post-reviewed'
import { postStored } from '@parvis/contracts/post-stored'
import type { ThreadPool } from '@parvis/service/thread-pool'
import type { Mysql } from '@parvis/storage/mysql'
import type { ChannelIds } from './channel-ids.ts'
import { storePosts } from './store-posts.ts'

/**
 * PostReviewed → PostStored, the posts of a batch in one transaction. A post that was stored before is sent on again,
 * as it is stored: the process may have died after the commit and before the publish.
 */
export function onPostReviewed(needs: { mysql: Mysql; ids: ChannelIds; pool: ThreadPool<ReviewedPost, string> }) {
  return async (posts: readonly ReviewedPost[]): Promise<Outgoing[]> => {
    const values = await needs.pool.run(posts)
    const rows = posts.map((post, i) => ({ post, values: values[i]! }))
    const stored = await storePosts(needs.mysql, needs.ids, rows)
    // A known id may have been stored in another channel than it names now.
    const lanes = Map.groupBy(stored, ({ channel }) => partitionOf(channel))
    return [...lanes].flatMap(([partition, some]) => postStored(partition, some))
  }
}
