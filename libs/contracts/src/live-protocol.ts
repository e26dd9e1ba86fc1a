import { type Static, Type } from 'typebox'
import { Entry, Uuid } from './post.ts'
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
    after: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0 }), Type.String({ maxLength: 80 })], {
        description:
          'the last sequence that the client has, a number or as text `<seq>` or `<epoch>:<seq>`; what follows is sent',
      }),
    ),
    epoch: Type.Optional(Type.String({ maxLength: 64, description: 'of `after`, unless that names it' })),
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

const Epoch = Type.Union([Type.String(), Type.Null()], {
  description: 'changes when the channel is begun anew; null for a channel that nobody has posted to',
})
const ChannelName = Type.String({ description: 'the canonical name' })
const Code = Type.Unsafe<ProblemCode>(Type.String({ description: 'a code of the table of problems' }))
const ClientId = Type.String({ description: "the client's id of the post" })

export const SnapshotReason = Type.Union([
  Type.Literal('fresh'),
  Type.Literal('too-old'),
  Type.Literal('epoch-changed'),
  Type.Literal('refreshed'),
])
export type SnapshotReason = Static<typeof SnapshotReason>

export const SessionOpened = Type.Object({
  type: Type.Literal('session.opened'),
  pseudo: Type.String(),
  sessionId: Uuid,
  expiresAt: Type.Integer(),
  heartbeatMs: Type.Integer(),
})

export const WallSnapshot = Type.Object({
  type: Type.Literal('wall.snapshot'),
  channel: ChannelName,
  epoch: Epoch,
  entries: Type.Array(Entry),
  first: Type.Integer({ minimum: 0 }),
  last: Type.Integer({ minimum: 0 }),
  hasMore: Type.Boolean(),
  reason: SnapshotReason,
  missed: Type.Optional(Type.Integer({ description: 'how many entries the client does not get, when known' })),
})
export type WallSnapshot = Static<typeof WallSnapshot>

/** Entries `first` to `last` without a hole; `entries: []` with `first = last + 1` when nothing was missed. */
export const WallUpdatedFrame = Type.Object({
  type: Type.Literal('wall.updated'),
  channel: ChannelName,
  epoch: Epoch,
  first: Type.Integer({ minimum: 0 }),
  last: Type.Integer({ minimum: 0 }),
  entries: Type.Array(Entry),
  cachedAt: Type.Integer(),
})
export type WallUpdatedFrame = Static<typeof WallUpdatedFrame>

export const WallPosition = Type.Object({
  type: Type.Literal('wall.position'),
  channel: ChannelName,
  epoch: Epoch,
  last: Type.Integer({ minimum: 0 }),
})
export type WallPosition = Static<typeof WallPosition>

export const PostAccepted = Type.Object({
  type: Type.Literal('post.accepted'),
  id: ClientId,
  postId: Uuid,
  durable: Type.Optional(Type.Literal(false)),
})
export type PostAccepted = Static<typeof PostAccepted>

export const PostRejectedFrame = Type.Object({
  type: Type.Literal('post.rejected'),
  id: ClientId,
  postId: Uuid,
  code: Code,
  message: Type.String(),
})
export type PostRejectedFrame = Static<typeof PostRejectedFrame>

export const ProblemFrame = Type.Object({
  type: Type.Literal('problem'),
  code: Code,
  message: Type.String(),
  id: Type.Optional(ClientId),
  field: Type.Optional(Type.String()),
  channel: Type.Optional(Type.String()),
  retryAfterS: Type.Optional(Type.Number()),
})
export type ProblemFrame = Static<typeof ProblemFrame>

export type GatewayFrame =
  | Static<typeof SessionOpened>
  | WallSnapshot
  | WallUpdatedFrame
  | WallPosition
  | PostAccepted
  | PostRejectedFrame
  | ProblemFrame
