import { type Static, Type } from 'typebox'
import { WINDOW_ENTRIES } from './limits.ts'
import { head, type Outgoing } from './outgoing.ts'
import { exchanges } from './topology.ts'

// Command: tell me what MySQL holds of these channels. gateway (or a person, by hand) → cache-worker

export const WallRequested = Type.Object(
  {
    type: Type.Optional(Type.Literal('wall.requested')),
    version: Type.Optional(Type.Literal(1)),
    messageId: Type.Optional(Type.String({ maxLength: 255 })),
    timestamp: Type.Optional(Type.Integer({ minimum: 0 })),
    requestId: Type.Optional(Type.String({ maxLength: 64 })),
    /** `page`: the newest entries, or those before `before`; `range`: those after `after`; `positions`: only where each channel ends. */
    want: Type.Optional(Type.Union([Type.Literal('page'), Type.Literal('range'), Type.Literal('positions')])),
    channels: Type.Optional(Type.Array(Type.String({ maxLength: 128 }), { minItems: 1, maxItems: 1000 })),
    before: Type.Optional(Type.Integer({ minimum: 1 })),
    after: Type.Optional(Type.Integer({ minimum: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: WINDOW_ENTRIES })),
    /** The gateway that asks. Without it every gateway loads the channels anew and shows them. */
    instance: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
  },
  { additionalProperties: false },
)
export type WallRequested = Static<typeof WallRequested>

export type WallQuestion = Pick<WallRequested, 'before' | 'after' | 'limit'> & {
  want: 'page' | 'range' | 'positions'
  channels: string[]
  requestId: string
  instance: string
}

/**
 * Whoever asks waits a second (`ANSWER_MS` in apps/gateway/src/ask-wall.ts). Under more questions than can be answered
 * one that has waited half of it is dropped, so that those which are answered are answered in time.
 */
const TAKEN_MS = 500

/** @param question without an instance it is for everyone: every gateway shows the channels anew */
export function wallRequested(question: WallQuestion | Pick<WallQuestion, 'want' | 'channels'>): Outgoing {
  const body = { ...head('wall.requested'), ...question }
  return {
    type: body.type,
    messageId: body.messageId,
    exchange: exchanges.commands,
    routingKey: 'wall.requested',
    mandatory: true,
    ...('instance' in question && { expiresMs: TAKEN_MS }),
    content: JSON.stringify(body),
  }
}
