import { type Static, Type } from 'typebox'

/**
 * Times are milliseconds since 1970 by the clock of the process that did the step. The last that ECMAScript knows is
 * the largest: a larger integer would come back from MySQL as text, and no reader could take the channel any more.
 */
export const Milliseconds = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 })

export const UUID_PATTERN = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'

const uuid = new RegExp(UUID_PATTERN)
/** Whether a value is a UUID in its one spelling, lower-case. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && uuid.test(value)
}
/** A UUID in its lower-case text form. */
export const Uuid = Type.String({ pattern: UUID_PATTERN })

/** A post as everyone sees it. Its form depends on its row in MySQL alone, so that every road shows the same. */
export const Post = Type.Object({
  id: Uuid,
  /** The id that the author's client gave it; two posts of one session with it are the same post. */
  clientId: Uuid,
  channel: Type.String(),
  author: Type.String(),
  text: Type.String(),
  /** `broker`: published by hand, so the author's name was not checked. */
  via: Type.Optional(Type.Literal('broker')),
  mentions: Type.Optional(Type.Array(Type.String())),
  links: Type.Optional(Type.Array(Type.String())),
  createdAt: Milliseconds,
  reviewedAt: Milliseconds,
  storedAt: Milliseconds,
})
export type Post = Static<typeof Post>

/** One step of a channel's sequence. Edits and removals share it with posts. */
export const Entry = Type.Object({
  seq: Type.Integer({ minimum: 1 }),
  kind: Type.Union([Type.Literal('post'), Type.Literal('edit'), Type.Literal('removal')]),
  post: Post,
})
export type Entry = Static<typeof Entry>
