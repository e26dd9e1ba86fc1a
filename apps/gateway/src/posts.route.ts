import { isUuid, Uuid } from '@parvis/contracts/post'
import type { AcceptedPost } from '@parvis/contracts/post-created'
import type { Refusal as PostRefusal } from '@parvis/contracts/post-rejected'
import type { ProblemCode } from '@parvis/contracts/problems'
import type { HttpServer } from '@parvis/service/http-server'
import { Refusal } from '@parvis/service/problem-answer'
import { Type } from 'typebox'
import type { PostAcceptance } from './accept-post.ts'
import {
  AcceptedBody,
  answer,
  badBody,
  needsSession,
  RefusedBody,
  refusals,
  StoredBody,
  withoutSession,
} from './answers.ts'
import type { Limits } from './limits.ts'
import type { Outcome, PostOutcomes } from './post-outcomes.ts'
import { waitedSeconds } from './prefer.ts'
import type { ReadPost } from './read-post.ts'
import { bearer, type Sessions } from './sessions.ts'

interface Needs {
  sessions: Sessions
  acceptance: PostAcceptance
  outcomes: PostOutcomes
  readPost: ReadPost
  limits: Pick<Limits, 'read'>
}

const unfitPost = ['text-empty', 'text-too-long', 'text-not-fit', 'channel-not-fit'] as const
/** Known only to who waits; who does not is told by `GET /posts/:id`. */
const refusedLater = [
  ...(['id-used', 'post-refused', 'words-not-wanted', 'too-many-links', 'too-many-mentions'] as const),
  ...(['too-many-marks', 'post-parked'] as const),
]

/** Posting over HTTP, and what became of a post. */
export function postsRoutes(app: HttpServer, needs: Needs): void {
  const tags = ['posts']
  const Submission = Type.Object(
    { text: Type.String(), channel: Type.Optional(Type.String()), id: Type.Optional(Uuid) },
    { additionalProperties: false },
  )
  const submitSchema = {
    tags,
    summary: 'Post: 202 once a queue of the broker, or the message store, holds it',
    description:
      '`id` is a UUIDv7 that the client makes once; with it a repeat in the same channel is the same post. `/post` is the same as `/posts`. ' +
      '`durable: false` says that only the gateway itself holds it for now.',
    security: needsSession,
    headers: Type.Object({
      prefer: Type.Optional(
        Type.String({ description: '`wait=<s>`: answer when it is stored, or after s seconds, 25 at most' }),
      ),
    }),
    body: Submission,
    response: {
      201: answer(StoredBody, 'With `Prefer: wait`: it is on the wall.', {
        location: '/posts/<id>',
        'preference-applied': 'wait=<s>',
      }),
      202: answer(AcceptedBody, 'It is kept: it will be on the wall, or refused or parked with a reason.', {
        location: '/posts/<id>, which says what became of it',
      }),
      ...refusals(...badBody, ...withoutSession, ...unfitPost, ...refusedLater, 'too-fast', 'not-available'),
    },
  }
  for (const url of ['/posts', '/post']) {
    app.post(url, { schema: submitSchema }, async (request, reply) => {
      const session = await needs.sessions.check(bearer(request.headers.authorization))
      const post = needs.acceptance.prepare(session, request.body, request.ip)
      const seconds = waitedSeconds(request.headers.prefer)
      const waiting = seconds === undefined ? undefined : needs.outcomes.wait(post.id, seconds * 1000)
      const { durable } = await needs.acceptance.accept(post)
      reply.header('location', `/posts/${post.id}`)
      const outcome = await waiting
      if (outcome) {
        reply.header('preference-applied', `wait=${seconds}`)
        return reply.code(201).send(await storedBody(outcome, post, needs.readPost))
      }
      const { id, clientId, channel } = post
      return reply.code(202).send({ id, clientId, channel, status: 'accepted' as const, ...(!durable && { durable }) })
    })
  }

  app.get(
    '/posts/:id',
    {
      schema: {
        tags,
        summary: 'What became of a post',
        params: Type.Object({ id: Type.String() }),
        response: {
          200: answer(Type.Union([StoredBody, RefusedBody]), 'It is on the wall, or refused, or parked, and why.'),
          ...refusals('not-known-yet', 'value-not-fit', 'too-fast', 'not-available'),
        },
      },
    },
    async (request, reply) => {
      const id = request.params.id.toLowerCase()
      if (!isUuid(id)) throw new Refusal('value-not-fit', 'id: a UUID', { field: 'id' })
      needs.limits.read(request.ip)
      const post = await needs.readPost(id)
      if (!post) throw new Refusal('not-known-yet', 'no such post, or it is still on its way')
      return reply.send(post)
    },
  )
}

async function storedBody(outcome: Outcome, { id, text }: AcceptedPost, readPost: ReadPost) {
  const stored = 'refused' in outcome ? await earlier(outcome.refused, readPost) : bodyOf(outcome)
  if (stored.text !== text) throw new Refusal('id-used', 'id: this id was used for another text', { field: 'id', id })
  return stored
}

const bodyOf = ({ stored, epoch }: Extract<Outcome, { stored: unknown }>) => {
  return { status: 'stored' as const, seq: stored.seq, epoch, ...stored.post }
}

/** The review looks at a text alone: that its id is on the wall already, with another one, only MySQL knows. */
async function earlier({ code, message, postId }: PostRefusal, readPost: ReadPost) {
  const known = await readPost(postId).catch(() => undefined)
  if (known?.status === 'stored') return known
  throw new Refusal(code as ProblemCode, message, { id: postId })
}
