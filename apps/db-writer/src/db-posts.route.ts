import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '@parvis/bus/connect-bus'
import { isTransient } from '@parvis/bus/errors'
import { checkPseudo } from '@parvis/contracts/check-pseudo'
import { checkText } from '@parvis/contracts/check-text'
import { COMMAND_POSTS } from '@parvis/contracts/limits'
import { partitionOf } from '@parvis/contracts/partition'
import { postReviewed, ReviewedPost } from '@parvis/contracts/post-reviewed'
import { channelOf } from '@parvis/service/channel-of'
import type { HttpServer } from '@parvis/service/http-server'
import { PageQuery, readPageQuery, refuseOtherEpoch } from '@parvis/service/page-query'
import { Refusal } from '@parvis/service/problem-answer'
import { requireServiceToken } from '@parvis/service/service-token'
import { uuidBytes } from '@parvis/storage/entry-row'
import type { Mysql } from '@parvis/storage/mysql'
import { readPiece } from '@parvis/storage/read-wall'
import { Type } from 'typebox'

/** How long `POST /db/posts` waits for the posts to be stored. */
const STORED_MS = 10_000

/** For operators: what MySQL holds, and a way to put posts there that goes the road of all others. */
export function dbPostsRoutes(app: HttpServer, needs: { mysql: Mysql; bus: Bus; serviceToken: string }): void {
  const onRequest = requireServiceToken(needs.serviceToken)
  const { mysql } = needs

  app.get('/db/posts', { onRequest, schema: { querystring: PageQuery } }, async (request, reply) => {
    const { epoch, ...question } = readPageQuery(request.query)
    const piece = await readPiece(mysql, question)
    refuseOtherEpoch(epoch, piece.epoch)
    reply.header('x-parvis-source', 'mysql')
    return piece
  })

  // Strict, unlike the event: here it is a person who wrote it.
  const strict = { additionalProperties: false }
  const Submitted = Type.Object(ReviewedPost.properties, strict)
  const Posts = Type.Object({ posts: Type.Array(Submitted, { minItems: 1, maxItems: COMMAND_POSTS }) }, strict)
  app.post('/db/posts', { onRequest, schema: { body: Posts } }, async (request, reply) => {
    const posts = request.body.posts.map((post) => {
      const fault = checkText(post.text)
      if (fault) throw Refusal.of(fault)
      const name = checkPseudo(post.author)
      if ('fault' in name) throw new Refusal('pseudo-not-fit', name.fault.message, { field: 'author' })
      return { ...post, author: name.pseudo, channel: channelOf(post.channel) }
    })
    for (const post of posts) {
      for (const message of postReviewed(partitionOf(post.channel), [post])) await needs.bus.publish(message)
    }
    const ids = posts.map(({ id }) => id)
    const until = Date.now() + STORED_MS
    while (!(await areStored(mysql, ids))) {
      if (Date.now() > until) {
        throw new Refusal('not-available', 'published, but not stored within 10 s', { retryAfterS: 5, ids })
      }
      await sleep(20)
    }
    return reply.code(201).send({ status: 'stored', ids })
  })
}

/** False as well while MySQL cannot be asked: they are published, and will be stored when it is back. */
async function areStored(mysql: Mysql, ids: string[]): Promise<boolean> {
  try {
    const rows = await mysql.query<{ n: number }>('SELECT COUNT(*) AS n FROM entries WHERE id IN (?)', [
      ids.map(uuidBytes),
    ])
    return rows[0]?.n === new Set(ids).size
  } catch (error) {
    if (!isTransient(error)) throw error
    return false
  }
}
