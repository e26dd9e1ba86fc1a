import { type Static, Type } from 'typebox'
import { type Entry, Uuid } from './post.ts'
import type { ProblemCode } from './problems.ts'

// The frames of `GET /ws`, JSON text. This file is imported by the page too: types and constants alone.

export const SUBPROTOCOL = 'parvis.v1'

/** Why a socket was closed. */
export const closeCodes = {
  goingAway: 1001,
  policy: 1008,
  frameTooLarge: 1009,
  sessionOver: 4401,
  noPong: 4408,
  tooFast: 4429,
} as const

// ---- client to gateway (strict: an unknown field is refused) ----

export const SessionOpen = Type.Object(
  { type: Type.Literal('session.open'), token: Type.String({ maxLength: 4096 }) },
  { additionalProperties: false },
)
export const WallSubscribe = Type.Object(
  {
    type: Type.Literal('wall.subscribe'),
    channel: Type.String({ maxLength: 128 }),
    /** The last sequence that the client has; what follows it is sent. */
    after: Type.Optional(Type.Integer({ minimum: 0 })),
    epoch: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
)
export const WallUnsubscribe = Type.Object(
  { type: Type.Literal('wall.unsubscribe'), channel: Type.String({ maxLength: 128 }) },
  { additionalProperties: false },
)
export const PostCreate = Type.Object(
  {
    type: Type.Literal('post.create'),
    id: Uuid,
    channel: Type.Optional(Type.String({ maxLength: 128 })),
    text: Type.String(),
  },
  { additionalProperties: false },
)
export const ClientFrame = Type.Union([SessionOpen, WallSubscribe, WallUnsubscribe, PostCreate])
export type ClientFrame = Static<typeof ClientFrame>

// ---- gateway to client (tolerant: a client ignores what it does not know) ----

export const SnapshotReason = Type.Union([
  Type.Literal('fresh'),
  Type.Literal('too-old'),
  Type.Literal('epoch-changed'),
  Type.Literal('refreshed'),
])
export type SnapshotReason = Static<typeof SnapshotReason>

interface SessionOpened {
  type: 'session.opened'
  pseudo: string
  sessionId: string
  expiresAt: number
  heartbeatMs: number
}
export interface WallSnapshot {
  type: 'wall.snapshot'
  channel: string
  /** null for a channel that nobody has posted to. */
  epoch: string | null
  entries: Entry[]
  first: number
  last: number
  hasMore: boolean
  reason: SnapshotReason
  /** How many entries the client does not get, when known. */
  missed?: number
}
/** Entries `first` to `last` without a hole; `entries: []` with `first = last + 1` when nothing was missed. */
export interface WallUpdatedFrame {
  type: 'wall.updated'
  channel: string
  epoch: string | null
  first: number
  last: number
  entries: Entry[]
  cachedAt: number
}
export interface WallPosition {
  type: 'wall.position'
  channel: string
  epoch: string | null
  last: number
}
export interface PostAccepted {
  type: 'post.accepted'
  id: string
  postId: string
  durable?: false
}
export interface PostRejectedFrame {
  type: 'post.rejected'
  id: string
  postId: string
  code: ProblemCode
  message: string
}
export interface ProblemFrame {
  type: 'problem'
  code: ProblemCode
  message: string
  /** The client's id of the post that it is about. */
  id?: string
  field?: string
  channel?: string
  retryAfterS?: number
}
export type GatewayFrame =
  | SessionOpened
  | WallSnapshot
  | WallUpdatedFrame
  | WallPosition
  | PostAccepted
  | PostRejectedFrame
  | ProblemFrame
