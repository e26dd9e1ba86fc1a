import { canonicalChannel, DEFAULT_CHANNEL } from '@parvis/contracts/channel'
import { PAGE_DEFAULT, PAGE_LARGEST } from '@parvis/contracts/limits'
import { type Static, Type } from 'typebox'
import { Refusal } from './problem-answer.ts'

const Cursor = Type.String({ pattern: '^([A-Za-z0-9_-]{1,64}:)?[0-9]{1,15}$', description: '<seq> or <epoch>:<seq>' })

/** How operators ask for a page: as `GET /posts` is asked. Cursors are exclusive. */
export const PageQuery = Type.Object(
  {
    channel: Type.Optional(Type.String()),
    before: Type.Optional(Cursor),
    after: Type.Optional(Cursor),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LARGEST })),
  },
  { additionalProperties: false },
)

/** Reads the question. Throws a Refusal for a channel that is none, or for both cursors at once. */
export function readPageQuery({ channel, before, after, limit = PAGE_DEFAULT }: Static<typeof PageQuery>) {
  if (before !== undefined && after !== undefined) {
    throw new Refusal('value-not-fit', 'after: not together with before', { field: 'after' })
  }
  const seqOf = (cursor: string | undefined) => (cursor === undefined ? undefined : Number(cursor.split(':').at(-1)))
  const [epoch] = (before ?? after)?.includes(':') ? (before ?? after ?? '').split(':') : []
  return { channel: channelOf(channel), before: seqOf(before), after: seqOf(after), limit, epoch }
}

/** The channel in its one spelling; throws a Refusal for a name that is none. */
export function channelOf(raw = DEFAULT_CHANNEL): string {
  const channel = canonicalChannel(raw)
  if (channel !== undefined) return channel
  throw new Refusal('channel-not-fit', 'channel: letters a-z, digits, - and _, 64 at most', { field: 'channel' })
}

/** Throws a Refusal (410) when the cursor was of another epoch than the channel now is. */
export function refuseOtherEpoch(asked: string | undefined, now: string | null): void {
  if (asked === undefined || asked === now) return
  throw new Refusal('epoch-changed', 'the channel was begun anew: read it from its newest page', { epoch: now })
}
