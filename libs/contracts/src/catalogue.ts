import type { TSchema } from 'typebox'
import { Type } from 'typebox'
import { COMMAND_POSTS } from './limits.ts'
import * as live from './live-protocol.ts'
import { PostCreated, PostCreatedPacked, SubmittedPost } from './post-created.ts'
import { PostRejected } from './post-rejected.ts'
import { PostReviewed } from './post-reviewed.ts'
import { PostStored } from './post-stored.ts'
import { SessionEnded } from './session-ended.ts'
import type { MessageType } from './topology.ts'
import { WallPositions } from './wall-positions.ts'
import { WallRequested } from './wall-requested.ts'
import { WallUpdated } from './wall-updated.ts'

// Every message and every frame by its type, with the schema that its reader has. What is not in here is not in
// /asyncapi.json and has no example, so the types demand each.

interface Kind {
  summary: string
  schema: TSchema
}

// Its reader takes a pack apart first, so that one unfit post does not spoil the other ninety-nine; for people it is
// one shape.
const packed = Type.Object(
  {
    ...PostCreatedPacked.properties,
    posts: Type.Array(SubmittedPost, { minItems: 1, maxItems: COMMAND_POSTS }),
  },
  { additionalProperties: false },
)

/** The broker's messages. */
export const messages: Record<MessageType, Kind> = {
  'post.created': {
    summary: 'Command: please put this on the wall, one post or up to 100. By hand `text` is enough.',
    schema: Type.Union([PostCreated, packed]),
  },
  'wall.requested': {
    summary:
      'Command: tell me what MySQL holds of these channels. Without `instance` (by hand) every page shows them anew.',
    schema: WallRequested,
  },
  'post.reviewed': { summary: 'Event: these posts passed review, and belong in this order.', schema: PostReviewed },
  'post.stored': { summary: 'Event: MySQL holds these posts, with their places in the sequence.', schema: PostStored },
  'post.rejected': { summary: 'Event: these posts will not be on the wall, and why.', schema: PostRejected },
  'wall.updated': { summary: 'Event: entries `first` to `last` of one channel, without a hole.', schema: WallUpdated },
  'wall.positions': { summary: 'Event: where channels end, by MySQL.', schema: WallPositions },
  'session.ended': { summary: 'Event: this session is over; close its sockets.', schema: SessionEnded },
}

/** What a client may send on `GET /ws`, and which frames answer it. */
export const clientFrames: Record<live.ClientFrame['type'], Kind & { answers: readonly live.GatewayFrame['type'][] }> =
  {
    'session.open': {
      summary: 'Opens a session on this socket, to post. Reading needs none.',
      schema: live.SessionOpen,
      answers: ['session.opened', 'problem'],
    },
    'wall.subscribe': {
      summary: 'Watches a channel: from its newest page, or, with `after`, from what was missed.',
      schema: live.WallSubscribe,
      answers: ['wall.snapshot', 'wall.updated', 'problem'],
    },
    'wall.unsubscribe': {
      summary: 'Watches a channel no more.',
      schema: live.WallUnsubscribe,
      answers: ['problem'],
    },
    'post.create': {
      summary:
        'Posts. `id` is a UUIDv7 that the client makes once; with it a repeat in the same channel is the same post.',
      schema: live.PostCreate,
      answers: ['post.accepted', 'problem'],
    },
  }

/** What a gateway sends on `GET /ws`. */
export const gatewayFrames: Record<live.GatewayFrame['type'], Kind> = {
  'session.opened': { summary: 'The session is open.', schema: live.SessionOpened },
  'wall.snapshot': { summary: 'A channel anew: its newest page, and why it is shown.', schema: live.WallSnapshot },
  'wall.updated': {
    summary:
      'Entries `first` to `last` without a hole. `last` at most yours: drop it; `first` beyond yours + 1: subscribe again from yours.',
    schema: live.WallUpdatedFrame,
  },
  'wall.position': {
    summary: 'With each heartbeat: where the channel ends. Ahead of yours for 2 s: subscribe again from yours.',
    schema: live.WallPosition,
  },
  'post.accepted': {
    summary: 'The post is kept, by the broker or the message store; with `durable: false` by this gateway alone.',
    schema: live.PostAccepted,
  },
  'post.rejected': { summary: 'A post that was accepted will not be on the wall.', schema: live.PostRejectedFrame },
  problem: { summary: 'A refusal: `code` is of the table of problems, as over HTTP.', schema: live.ProblemFrame },
}
