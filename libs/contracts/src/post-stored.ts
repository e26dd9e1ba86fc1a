import { type Static, Type } from 'typebox'
import { inChunks, withField } from './in-chunks.ts'
import { BATCH_POSTS } from './limits.ts'
import { head, type Outgoing } from './outgoing.ts'
import { PARTITIONS } from './partition.ts'
import { Entry, Post } from './post.ts'
import { exchanges } from './topology.ts'

// Event: MySQL holds these posts, with these places in their channels' sequences. db-writer → cache-worker

export const StoredPost = Type.Object({
  ...Post.properties,
  seq: Entry.properties.seq,
  kind: Entry.properties.kind,
  epoch: Type.String(),
})
export type StoredPost = Static<typeof StoredPost>

export const PostStored = Type.Object({
  type: Type.Literal('post.stored'),
  version: Type.Literal(1),
  messageId: Type.String(),
  timestamp: Type.Integer(),
  partition: Type.Integer({ minimum: 0, maximum: PARTITIONS - 1 }),
  posts: Type.Array(StoredPost, { minItems: 1, maxItems: BATCH_POSTS }),
})
export type PostStored = Static<typeof PostStored>

/** As many messages as it takes for posts of one partition, in order. */
export function postStored(partition: number, posts: readonly StoredPost[]): Outgoing[] {
  return inChunks(posts).map(({ json }) => {
    const body = { ...head('post.stored'), partition }
    return {
      type: body.type,
      messageId: body.messageId,
      exchange: exchanges.events,
      routingKey: `post.stored.p${partition}`,
      mandatory: true,
      content: withField(body, 'posts', json),
    }
  })
}
