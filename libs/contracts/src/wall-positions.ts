import { type Static, Type } from 'typebox'
import { head, type Outgoing } from './outgoing.ts'
import { exchanges } from './topology.ts'

// Event: where channels end, by MySQL. cache-worker → gateways, which thereby learn what they missed.

export const WallPositions = Type.Object({
  type: Type.Literal('wall.positions'),
  version: Type.Literal(1),
  messageId: Type.String(),
  timestamp: Type.Integer(),
  requestId: Type.Optional(Type.String()),
  positions: Type.Array(
    Type.Object({
      channel: Type.String(),
      /** null and 0 for a channel that nobody has posted to. */
      epoch: Type.Union([Type.String(), Type.Null()]),
      last: Type.Integer({ minimum: 0 }),
    }),
  ),
})
export type WallPositions = Static<typeof WallPositions>

/** @param answer who asked and with which id; for every gateway when left out */
export function wallPositions(
  positions: WallPositions['positions'],
  answer?: { requestId: string; instance?: string | undefined },
): Outgoing {
  const body: WallPositions = {
    ...head('wall.positions'),
    positions,
    ...(answer && { requestId: answer.requestId }),
  }
  return {
    type: body.type,
    messageId: body.messageId,
    exchange: exchanges.updates,
    // The key addresses a gateway, the type says what it gets.
    routingKey: answer?.instance === undefined ? 'wall.positions' : `wall.updated.${answer.instance}`,
    mandatory: false,
    content: JSON.stringify(body),
  }
}
