import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '@parvis/bus/connect-bus'
import { canonicalChannel, DEFAULT_CHANNEL } from '@parvis/contracts/channel'
import { checkText } from '@parvis/contracts/check-text'
import { PAGE_DEFAULT, PAGE_LARGEST } from '@parvis/contracts/limits'
import { partitionOf } from '@parvis/contracts/partition'
import { postReviewed, ReviewedPost } from '@parvis/contracts/post-reviewed'
import type { HttpServer } from '@parvis/service/http-server'
import { Refusal } from '@parvis/service/problem-answer'
import { requireServiceToken } from '@parvis/service/service-token'
import { uuidBytes } from '@parvis/storage/entry-row'
import type { Mysql } from '@parvis/storage/mysql'
import { readPiece } from '@parvis/storage/read-wall'
import { Type } from 'typebox'

/** How long `POST /db/posts` waits for the posts to be stored. */
const STORED_MS = 10_000

const Seq = Type.Optional(Type.Integer({ minimum: 0 }))

/** For operators: what MySQL holds, and a way to put posts there that goes the road of all others. */
export function dbPostsRoutes(app: HttpServer, needs: { mysql: Mysql; bus: Bus; serviceToken: string }): void {
  const onRequest = requireServiceToken(needs.serviceToken)
  const { mysql } = needs

  const Page = Type.Object(
    {
      channel: Type.Optional(Type.String()),
      before: Seq,
      after: Seq,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LARGEST })),
    },
    { additionalProperties: false },
  )
  app.get('/db/posts', { onRequest, schema: { querystring: Page } }, async (request, reply) => {
    const { before, after, limit = PAGE_DEFAULT } = request.query
    const piece = await readPiece(mysql, { channel: channelOf(request.query.channel), before, after, limit })
    reply.header('x-parvis-source', 'mysql')
    return piece
  })

  const Posts = Type.Object({ posts: Type.Array(ReviewedPost, { minItems: 1, maxItems: 100 }) })
  app.post('/db/posts', { onRequest, schema: { body: Posts } }, async (request, reply) => {
    const posts = request.body.posts.map((post) => ({ ...post, channel: channelOf(post.channel) }))
    for (const { text } of posts) {
      const fault = checkText(text)
      if (fault) throw Refusal.of(fault)
    }
    for (const post of posts) {
      for (const message of postReviewed(partitionOf(post.channel), [post])) await needs.bus.publish(message)
    }
    const ids = posts.map(({ id }) => id)
    const until = Date.now() + STORED_MS
    while ((await countStored(mysql, ids)) < new Set(ids).size) {
      if (Date.now() > until) {
        throw new Refusal('not-available', 'published, but not stored within 10 s', { retryAfterS: 5, ids })
      }
      await sleep(20)
    }
    return reply.code(201).send({ status: 'stored', ids })
  })
}

async function countStored(mysql: Mysql, ids: string[]): Promise<number> {
  const rows = await mysql.query<{ n: number }>('SELECT COUNT(*) AS n FROM entries WHERE id IN (?)', [
    ids.map(uuidBytes),
  ])
  return rows[0]?.n ?? 0
}

function channelOf(raw = DEFAULT_CHANNEL): string {
  const channel = canonicalChannel(raw)
  if (channel === undefined)
    throw new Refusal('channel-not-fit', 'channel: letters a-z, digits, - and _, 64 at most', { field: 'channel' })
  return channel
}
