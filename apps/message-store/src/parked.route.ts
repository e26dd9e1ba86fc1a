import { NoRoadError, type Parked, type ParkingLot } from '@parvis/bus/parking-lot'
import type { MessageStore } from '@parvis/bus/stores/message-store'
import type { HttpServer } from '@parvis/service/http-server'
import { Refusal } from '@parvis/service/problem-answer'
import { requireServiceToken } from '@parvis/service/service-token'
import type { Logger } from 'pino'
import { Type } from 'typebox'
import { replayParked } from './replay-parked.ts'
import { ParkedBody, ParkedId, ParkedPageBody, ProblemBody, TakenBody } from './shapes.ts'
import { unlessAway } from './unless-away.ts'

/** The parking lot over HTTP, for operators. */
export function parkedRoutes(
  app: HttpServer,
  needs: { lot: ParkingLot; store: MessageStore; serviceToken: string; log: Logger },
): void {
  const { lot, store, log } = needs
  const onRequest = requireServiceToken(needs.serviceToken)
  const common = { tags: ['parked'], security: [{ serviceToken: [] }] }
  const failures = { 401: ProblemBody, 422: ProblemBody, 503: ProblemBody }
  const params = Type.Object({ messageId: ParkedId })
  const notThere = (messageId: string) => new Refusal('not-found', 'no such parked message', { messageId })

  const Page = Type.Object(
    {
      after: Type.Optional(Type.String({ description: 'the `next` of the page before' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    },
    { additionalProperties: false },
  )
  app.get(
    '/parked',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'What was set aside, oldest first, without bodies',
        querystring: Page,
        response: { 200: ParkedPageBody, ...failures },
      },
    },
    async ({ query: { after, limit = 50 } }) => {
      const page = await unlessAway(() => lot.list({ limit, ...(after !== undefined && { after }) }))
      return { ...page, parked: page.parked.map(({ content: _, ...head }) => head) }
    },
  )

  app.get(
    '/parked/:messageId',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'One of them, with its body',
        params,
        response: { 200: ParkedBody, 404: ProblemBody, ...failures },
      },
    },
    async ({ params: { messageId } }) => {
      const found = await unlessAway(() => lot.find(messageId))
      if (!found) throw notThere(messageId)
      return found
    },
  )

  async function replay(wanted: { messageId: string } | 'all'): Promise<number> {
    const taken = await unlessAway(() =>
      lot.take(wanted, async (parked, publish) => {
        await replayParked(parked, { publish, store })
        tell('parked message tried again', parked)
      }),
    ).catch((error) => {
      if (!(error instanceof NoRoadError)) throw error
      throw new Refusal('value-not-fit', error.message, { field: 'messageId' })
    })
    if (taken === 0 && wanted !== 'all') throw notThere(wanted.messageId)
    return taken
  }
  async function drop(wanted: { messageId: string } | 'all'): Promise<number> {
    const taken = await unlessAway(() => lot.take(wanted, async (parked) => tell('parked message dropped', parked)))
    if (taken === 0 && wanted !== 'all') throw notThere(wanted.messageId)
    return taken
  }
  const tell = (what: string, { messageId, sourceQueue, reason }: Parked) =>
    log.info({ messageId, sourceQueue, reason }, what)

  app.post(
    '/parked/:messageId/replay',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'Try it again where it came from; it is removed only when a queue or the store holds it',
        params,
        response: { 200: TakenBody, 404: ProblemBody, ...failures },
      },
    },
    async ({ params: { messageId } }) => ({ taken: await replay({ messageId }) }),
  )
  app.post(
    '/parked/replay',
    {
      onRequest,
      schema: { ...common, summary: 'Try all again, oldest first', response: { 200: TakenBody, ...failures } },
    },
    async () => ({ taken: await replay('all') }),
  )
  app.delete(
    '/parked/:messageId',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'Drop it for good',
        params,
        response: { 204: Type.Null(), 404: ProblemBody, ...failures },
      },
    },
    async (request, reply) => {
      await drop({ messageId: request.params.messageId })
      return reply.code(204).send(null)
    },
  )
  app.delete(
    '/parked',
    { onRequest, schema: { ...common, summary: 'Drop all for good', response: { 200: TakenBody, ...failures } } },
    async () => ({ taken: await drop('all') }),
  )
}
