import { type IdempotencyStore, RESULT_BYTES } from '@parvis/bus/stores/idempotency-store'
import type { HttpServer } from '@parvis/service/http-server'
import { Refusal } from '@parvis/service/problem-answer'
import { requireServiceToken } from '@parvis/service/service-token'
import type { Logger } from 'pino'
import { Type } from 'typebox'
import { LeaseMs, MarkBody, MessageId, Name, ProblemBody, WonBody } from './shapes.ts'
import { refuseDeep, refuseLong } from './storable.ts'
import { unlessAway } from './unless-away.ts'

/** A claim that names no lease: longer than a broker's confirm and a database's lock wait together. */
const LEASE_MS = 60_000

/** The idempotency store over HTTP. */
export function idempotencyRoutes(
  app: HttpServer,
  needs: { store: IdempotencyStore; serviceToken: string; log: Logger; count: (outcome: 'won' | 'lost') => void },
): void {
  const { store, log, count } = needs
  const onRequest = requireServiceToken(needs.serviceToken)
  const common = { tags: ['idempotency'], security: [{ serviceToken: [] }] }
  const failures = { 401: ProblemBody, 422: ProblemBody, 503: ProblemBody }
  const params = Type.Object({ messageId: MessageId })

  app.post(
    '/idempotency',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'Claim a message: 201 for the one that wins, 409 with its mark for all others',
        description:
          'An own `token` makes a repeat of this very claim win again. A 409 on a claim that is not `done` says that somebody is at it, not that it is done: never ack on it.',
        body: Type.Object(
          { messageId: MessageId, leaseMs: Type.Optional(LeaseMs), token: Type.Optional(Name) },
          { additionalProperties: false },
        ),
        response: { 201: WonBody, 409: ProblemBody, ...failures },
      },
    },
    async (request, reply) => {
      const { messageId, leaseMs = LEASE_MS, token } = request.body
      refuseLong({ messageId })
      const claim = await unlessAway(() => store.claim(messageId, leaseMs, token))
      count(claim.won ? 'won' : 'lost')
      log.info({ messageId, won: claim.won, ...(!claim.won && { state: claim.mark.state }) }, 'idempotency checked')
      if (claim.won) return reply.code(201).send({ messageId, token: claim.token })
      const { state, at } = claim.mark
      throw new Refusal('already-claimed', `${state} at ${new Date(at).toISOString()}`, { mark: claim.mark })
    },
  )

  app.put(
    '/idempotency/:messageId',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'Mark it done, with the token that won',
        params,
        body: Type.Object({ token: Name, result: Type.Optional(Type.Unknown()) }, { additionalProperties: false }),
        response: { 200: MarkBody, 409: ProblemBody, 413: ProblemBody, ...failures },
      },
    },
    async (request) => {
      const { messageId } = request.params
      const { token, result } = request.body
      refuseDeep('result', result)
      if (result !== undefined && Buffer.byteLength(JSON.stringify(result)) > RESULT_BYTES) {
        throw new Refusal('body-too-large', `result: at most ${RESULT_BYTES} bytes`, { field: 'result' })
      }
      const done = await unlessAway(() => store.complete(messageId, token, result))
      log.info({ messageId, done }, 'idempotency completed')
      if (!done) throw new Refusal('already-claimed', 'this token does not hold the claim any more', { field: 'token' })
      return { messageId, state: 'done' as const, at: Date.now() }
    },
  )

  app.get(
    '/idempotency/:messageId',
    {
      onRequest,
      schema: { ...common, summary: 'Its mark', params, response: { 200: MarkBody, 404: ProblemBody, ...failures } },
    },
    async (request) => {
      const { messageId } = request.params
      const mark = await unlessAway(() => store.get(messageId))
      log.debug({ messageId, known: mark !== undefined }, 'idempotency looked up')
      if (!mark) throw new Refusal('not-found', 'no such mark', { messageId })
      return mark
    },
  )

  app.delete(
    '/idempotency/:messageId',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'Forget its mark or claim: the next claim wins',
        params,
        response: { 204: Type.Null(), 404: ProblemBody, ...failures },
      },
    },
    async (request, reply) => {
      const { messageId } = request.params
      const forgotten = await unlessAway(() => store.forget(messageId))
      log.info({ messageId, forgotten }, 'idempotency forgotten')
      if (!forgotten) throw new Refusal('not-found', 'no such mark', { messageId })
      return reply.code(204).send(null)
    },
  )
}
