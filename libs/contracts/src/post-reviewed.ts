import { type Static, Type } from 'typebox'
import { inChunks, withField } from './in-chunks.ts'
import { BATCH_POSTS } from './limits.ts'
import { head, type Outgoing } from './outgoing.ts'
import { PARTITIONS } from './partition.ts'
import { Post, Uuid } from './post.ts'
import { exchanges } from './topology.ts'

// Event: these posts passed review, and belong in this order. post-worker → db-writer

export const ReviewedPost = Type.Object({
  ...Type.Omit(Post, ['storedAt']).properties,
  /** Whose post it is; absent on a post by hand. Stored, never shown. */
  sessionId: Type.Optional(Uuid),
})
export type ReviewedPost = Static<typeof ReviewedPost>

export const PostReviewed = Type.Object({
  type: Type.Literal('post.reviewed'),
  version: Type.Literal(1),
  messageId: Type.String(),
  timestamp: Type.Integer(),
  partition: Type.Integer({ minimum: 0, maximum: PARTITIONS - 1 }),
  posts: Type.Array(ReviewedPost, { minItems: 1, maxItems: BATCH_POSTS }),
})
export type PostReviewed = Static<typeof PostReviewed>

/** As many messages as it takes for posts of one partition, in order. */
export function postReviewed(partition: number, posts: readonly ReviewedPost[]): Outgoing[] {
  return inChunks(posts).map(({ json }) => {
    const body = { ...head('post.reviewed'), partition }
    return {
      type: body.type,
      messageId: body.messageId,
      exchange: exchanges.events,
      routingKey: `post.reviewed.p${partition}`,
      mandatory: true,
      content: withField(body, 'posts', json),
    }
  })
}
