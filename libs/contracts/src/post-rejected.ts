import { type Static, Type } from 'typebox'
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

/** One message for db-writer, which remembers it, and the same for the gateways, which tell the authors. */
export function postRejected(refusals: Refusal[]): Outgoing[] {
  const body: PostRejected = { ...head('post.rejected'), refusals }
  const content = JSON.stringify(body)
  const both = { type: body.type, messageId: body.messageId, routingKey: 'post.rejected', content }
  return [
    { ...both, exchange: exchanges.events, mandatory: true },
    { ...both, messageId: crypto.randomUUID(), exchange: exchanges.updates, mandatory: false },
  ]
}
