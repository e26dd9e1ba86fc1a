import { PAGE_DEFAULT, PAGE_LARGEST } from '@parvis/contracts/limits'
import { type Static, Type } from 'typebox'
import { channelOf } from './channel-of.ts'
import { readCursor } from './cursor.ts'
import { Refusal } from './problem-answer.ts'

const Cursor = Type.String({ description: '<seq> or <epoch>:<seq>, exclusive' })

/** How a page is asked for, on `GET /posts` and by operators. */
export const PageQuery = Type.Object(
  {
    channel: Type.Optional(Type.String()),
    before: Type.Optional(Cursor),
    after: Type.Optional(Cursor),
    // A query is text, and of an Integer the conversion would silently cut 1.5 down to 1.
    limit: Type.Optional(Type.Number({ minimum: 1, maximum: PAGE_LARGEST, multipleOf: 1 })),
  },
  { additionalProperties: false },
)

/** Reads the question. Throws a Refusal for a channel or a cursor that is none, or for both cursors at once. */
export function readPageQuery(query: Static<typeof PageQuery>) {
  const before = readCursor('before', query.before)
  const after = readCursor('after', query.after)
  if (before && after) throw new Refusal('value-not-fit', 'after: not together with before', { field: 'after' })
  const { epoch } = before ?? after ?? {}
  const { limit = PAGE_DEFAULT } = query
  return { channel: channelOf(query.channel), before: before?.seq, after: after?.seq, limit, epoch }
}

/** Throws a Refusal (410) when the cursor was of another epoch than the channel now is. */
export function refuseOtherEpoch(asked: string | undefined, now: string | null): void {
  if (asked === undefined || asked === now) return
  throw new Refusal('epoch-changed', 'the channel was begun anew: read it from its newest page', { epoch: now })
}
