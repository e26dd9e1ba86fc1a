import { type Static, Type } from 'typebox'
import { WallUpdatedFrame } from './live-protocol.ts'
import type { Outgoing } from './outgoing.ts'
import { exchanges } from './topology.ts'

// Event: entries first … last of one channel, without a hole. cache-worker → gateways.
// The body is the WebSocket frame, so that a gateway passes the bytes on.

export const WallUpdated = Type.Object({
  ...WallUpdatedFrame.properties,
  // The following are on answers to `wall.requested` alone; an answer never moves a live socket by itself.
  requestId: Type.Optional(Type.String()),
  /** The channel's last sequence by MySQL, and whether there is more in the direction that was asked for. */
  head: Type.Optional(Type.Integer({ minimum: 0 })),
  hasMore: Type.Optional(Type.Boolean()),
  /** Everyone shall show this anew. */
  reason: Type.Optional(Type.Literal('refreshed')),
})
export type WallUpdated = Static<typeof WallUpdated>

/**
 * @param content the whole body as JSON text
 * @param instance the gateway that asked; all of them when left out
 */
export function wallUpdated(content: string, instance?: string): Outgoing {
  return {
    type: 'wall.updated',
    messageId: crypto.randomUUID(),
    exchange: exchanges.updates,
    routingKey: instance === undefined ? 'wall.updated' : `wall.updated.${instance}`,
    mandatory: false,
    content,
  }
}
