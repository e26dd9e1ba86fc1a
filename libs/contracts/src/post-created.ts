import { type Static, Type } from 'typebox'
import { COMMAND_POSTS } from './limits.ts'
import { head, type Outgoing } from './outgoing.ts'
import { partitionOf } from './partition.ts'
import { Milliseconds, Uuid } from './post.ts'
import { exchanges } from './topology.ts'

// Command: please put this on the wall. gateway (or a person, by hand) → post-worker

const optionalHead = {
  type: Type.Optional(Type.Literal('post.created')),
  version: Type.Optional(Type.Literal(1)),
  messageId: Type.Optional(Type.String({ maxLength: 255 })),
  timestamp: Type.Optional(Type.Integer({ minimum: 0 })),
}

const fields = {
  text: Type.String(),
  channel: Type.Optional(Type.String({ maxLength: 128 })),
  author: Type.Optional(Type.String({ maxLength: 255 })),
  /** Makes the post once-only; without it each delivery by hand is a new post. */
  id: Type.Optional(Uuid),
  clientId: Type.Optional(Uuid),
  sessionId: Type.Optional(Uuid),
  createdAt: Type.Optional(Milliseconds),
}

/** One post, as a gateway or a person sends it: by hand `text` is enough. */
export const SubmittedPost = Type.Object(fields, { additionalProperties: false })
export type SubmittedPost = Static<typeof SubmittedPost>

/** A command that is one post. */
export const PostCreated = Type.Object({ ...optionalHead, ...fields }, { additionalProperties: false })
/** A command that packs up to a hundred. */
export const PostCreatedPacked = Type.Object(
  { ...optionalHead, posts: Type.Array(Type.Unknown(), { minItems: 1, maxItems: COMMAND_POSTS }) },
  { additionalProperties: false },
)

/** A post as a gateway accepts it: everything is known but what review and storage add. */
export interface AcceptedPost {
  id: string
  clientId: string
  sessionId: string
  channel: string
  author: string
  text: string
  createdAt: number
}

/** The command for posts of one partition, at most 100, in order of acceptance. */
export function postCreated(posts: readonly [AcceptedPost, ...AcceptedPost[]]): Outgoing {
  const body = head('post.created')
  return {
    type: body.type,
    messageId: body.messageId,
    exchange: exchanges.commands,
    routingKey: `post.created.p${partitionOf(posts[0].channel)}`,
    mandatory: true,
    content: JSON.stringify(posts.length === 1 ? { ...body, ...posts[0] } : { ...body, posts }),
  }
}
