import { canonicalChannel, DEFAULT_CHANNEL } from '@parvis/contracts/channel'
import { PAGE_DEFAULT, PAGE_LARGEST } from '@parvis/contracts/limits'
import type { HttpServer } from '@parvis/service/http-server'
import { Refusal } from '@parvis/service/problem-answer'
import { requireServiceToken } from '@parvis/service/service-token'
import type { Cache } from '@parvis/storage/redis'
import { readWindow, windowKeys } from '@parvis/storage/window'
import { Type } from 'typebox'
import type { Windows } from './windows.ts'

/** For operators: what Redis holds of a channel, and a way to fill it from MySQL. */
export function cachePostsRoutes(
  app: HttpServer,
  needs: { cache: Cache; windows: Windows; prefix: string; serviceToken: string },
): void {
  const onRequest = requireServiceToken(needs.serviceToken)
  const Seq = Type.Optional(Type.Integer({ minimum: 0 }))
  const Page = Type.Object(
    {
      channel: Type.Optional(Type.String()),
      before: Seq,
      after: Seq,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LARGEST })),
    },
    { additionalProperties: false },
  )

  app.get('/cache/posts', { onRequest, schema: { querystring: Page } }, async (request, reply) => {
    const channel = channelOf(request.query.channel)
    const { before, after, limit = PAGE_DEFAULT } = request.query
    // Exclusive cursors. After one, the oldest come first, so the end of the range follows from its beginning.
    const lowest = after === undefined ? 1 : after + 1
    const highest = after === undefined ? (before ?? Number.MAX_SAFE_INTEGER) - 1 : after + limit
    if (!needs.cache.up()) throw new Refusal('not-available', 'Redis is away', { retryAfterS: 1 })
    const window = await needs.cache.attempt((redis) =>
      readWindow(redis, windowKeys(needs.prefix, channel), { lowest, highest, limit }),
    )
    reply.header('x-parvis-source', 'redis')
    if (!window) return { channel, epoch: null, entries: [], first: 0, last: 0, head: 0, hasMore: false }
    const { epoch, entries, leased, last: head } = window
    const first = entries[0]?.seq ?? 0
    const last = entries.at(-1)?.seq ?? 0
    return {
      channel,
      epoch,
      entries,
      first,
      last,
      head,
      hasMore: after === undefined ? first > 1 : last < head,
      leased,
    }
  })

  const Refill = Type.Object({ channel: Type.Optional(Type.String()) }, { additionalProperties: false })
  app.post('/cache/posts', { onRequest, schema: { body: Refill } }, async (request) => {
    const { channel, epoch, first, last, head, entries } = await needs.windows.reload(channelOf(request.body.channel))
    return { channel, epoch, first, last, head, count: entries.length }
  })
}

function channelOf(raw = DEFAULT_CHANNEL): string {
  const channel = canonicalChannel(raw)
  if (channel === undefined)
    throw new Refusal('channel-not-fit', 'channel: letters a-z, digits, - and _, 64 at most', { field: 'channel' })
  return channel
}
