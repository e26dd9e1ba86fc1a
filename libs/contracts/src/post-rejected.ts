import { type Static, Type } from 'typebox'
import { inChunks, withField } from './in-chunks.ts'
import { BATCH_POSTS } from './limits.ts'
import { head, type Outgoing } from './outgoing.ts'
import { Uuid } from './post.ts'
import { exchanges } from './topology.ts'

// Event: these posts will not be on the wall, and why. whoever refused or parked them → db-writer, gateways

export const Refusal = Type.Object({
  postId: Uuid,
  clientId: Uuid,
  /** Whom to tell; absent on a post by hand. */
  sessionId: Type.Optional(Uuid),
  status: Type.Union([Type.Literal('refused'), Type.Literal('parked')]),
  /** A code of `problems`; a string here, since a newer worker may know more of them. */
  code: Type.String(),
  message: Type.String(),
  at: Type.Integer(),
})
export type Refusal = Static<typeof Refusal>

export const PostRejected = Type.Object({
  type: Type.Literal('post.rejected'),
  version: Type.Literal(1),
  messageId: Type.String(),
  timestamp: Type.Integer(),
  refusals: Type.Array(Refusal, { minItems: 1, maxItems: BATCH_POSTS }),
})
export type PostRejected = Static<typeof PostRejected>

/** For db-writer, which remembers it, and the same for the gateways, which tell the authors. */
export function postRejected(refusals: readonly Refusal[]): Outgoing[] {
  return inChunks(refusals).flatMap(({ json }) => {
    const body = head('post.rejected')
    const both = { type: body.type, routingKey: 'post.rejected', content: withField(body, 'refusals', json) }
    return [
      { ...both, messageId: body.messageId, exchange: exchanges.events, mandatory: true },
      { ...both, messageId: crypto.randomUUID(), exchange: exchanges.updates, mandatory: false },
    ]
  })
}

/** What a post's author is told when it could not be handled and was set aside. */
export function parkedRefusal(post: { id: string; clientId: string; sessionId?: string }): Refusal {
  return {
    postId: post.id,
    clientId: post.clientId,
    ...(post.sessionId !== undefined && { sessionId: post.sessionId }),
    status: 'parked',
    code: 'post-parked',
    message: 'the post could not be handled and was set aside for a person to look at',
    at: Date.now(),
  }
}
