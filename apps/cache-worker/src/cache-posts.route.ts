import { channelOf } from '@parvis/service/channel-of'
import type { HttpServer } from '@parvis/service/http-server'
import { PageQuery, readPageQuery, refuseOtherEpoch } from '@parvis/service/page-query'
import { Refusal } from '@parvis/service/problem-answer'
import { requireServiceToken } from '@parvis/service/service-token'
import { pieceOf } from '@parvis/storage/read-wall'
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

  app.get('/cache/posts', { onRequest, schema: { querystring: PageQuery } }, async (request, reply) => {
    const { channel, before, after, limit, epoch: asked } = readPageQuery(request.query)
    // After a cursor the oldest come first, so the end of the range follows from its beginning.
    const lowest = after === undefined ? 1 : after + 1
    const highest = after === undefined ? (before ?? Number.MAX_SAFE_INTEGER) - 1 : after + limit
    const answer = await needs.cache.attempt(async (redis) => ({
      window: await readWindow(redis, windowKeys(needs.prefix, channel), { lowest, highest, limit }),
    }))
    if (!answer) throw new Refusal('not-available', 'Redis is away', { retryAfterS: 1 })
    const { epoch = null, last: head = 0, entries = [], leased = false } = answer.window ?? {}
    refuseOtherEpoch(asked, epoch)
    reply.header('x-parvis-source', 'redis')
    return { ...pieceOf({ channel, epoch, head }, entries, after), leased }
  })

  const Refill = Type.Object({ channel: Type.Optional(Type.String()) }, { additionalProperties: false })
  app.post('/cache/posts', { onRequest, schema: { body: Refill } }, async (request) => {
    const { channel, epoch, first, last, head, entries } = await needs.windows.reload(channelOf(request.body.channel))
    return { channel, epoch, first, last, head, count: entries.length }
  })
}
