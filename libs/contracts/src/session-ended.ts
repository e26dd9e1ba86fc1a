import { type Static, Type } from 'typebox'
import { head, type Outgoing } from './outgoing.ts'
import { Uuid } from './post.ts'
import { exchanges } from './topology.ts'

// Event: this session is over; close its sockets. gateway → gateways

export const SessionEnded = Type.Object({
  type: Type.Literal('session.ended'),
  version: Type.Literal(1),
  messageId: Type.String(),
  timestamp: Type.Integer(),
  sessionId: Uuid,
})
export type SessionEnded = Static<typeof SessionEnded>

export function sessionEnded(sessionId: string): Outgoing {
  const body: SessionEnded = { ...head('session.ended'), sessionId }
  return {
    type: body.type,
    messageId: body.messageId,
    exchange: exchanges.updates,
    routingKey: 'session.ended',
    mandatory: false,
    content: JSON.stringify(body),
  }
}
