import type { MessageStore } from '@parvis/bus/stores/message-store'
import type { HttpServer } from '@parvis/service/http-server'
import { Refusal } from '@parvis/service/problem-answer'
import { requireServiceToken } from '@parvis/service/service-token'
import type { Logger } from 'pino'
import { Type } from 'typebox'
import {
  AddedBody,
  HeldBody,
  LeaseMs,
  MessageId,
  MessagesBody,
  Name,
  NewMessageBody,
  PageBody,
  Partition,
  ProblemBody,
} from './shapes.ts'
import { refuseLong, refuseUnfitHeaders } from './storable.ts'
import { unlessAway } from './unless-away.ts'

const PAGE_DEFAULT = 50
const PAGE_LARGEST = 200

/** The message store over HTTP, for publishers. Bodies of messages are in answers, never in logs. */
export function messagesRoutes(
  app: HttpServer,
  needs: { store: MessageStore; serviceToken: string; log: Logger; count: (outcome: string, by?: number) => void },
): void {
  const { store, log, count } = needs
  const onRequest = requireServiceToken(needs.serviceToken)
  const common = { tags: ['messages'], security: [{ serviceToken: [] }] }
  const failures = { 401: ProblemBody, 422: ProblemBody, 503: ProblemBody }

  app.post(
    '/messages',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'Keep a message that the broker did not take: 201, or 200 when it is there already',
        body: NewMessageBody,
        response: { 200: AddedBody, 201: AddedBody, 413: ProblemBody, ...failures },
      },
    },
    async (request, reply) => {
      const { messageId, routingKey, options } = request.body
      refuseLong({ messageId, routingKey })
      refuseUnfitHeaders(options.headers)
      const kept = await unlessAway(() => store.add(request.body))
      count(kept.added ? 'added' : 'known')
      log.debug({ messageId, ...pick(options), added: kept.added }, 'message kept')
      return reply.code(kept.added ? 201 : 200).send({ messageId, ...kept })
    },
  )

  const Page = Type.Object(
    {
      after: Type.Optional(Type.Integer({ minimum: 0, description: 'the `next` of the page before' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LARGEST })),
    },
    { additionalProperties: false },
  )
  app.get(
    '/messages',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'What is stored, oldest first; at most 1 MiB of bodies a page',
        querystring: Page,
        response: { 200: PageBody, ...failures },
      },
    },
    async ({ query: { after = 0, limit = PAGE_DEFAULT } }) => unlessAway(() => store.list({ after, limit })),
  )

  const Of = Type.Object(
    { partition: Type.Optional(Partition), source: Type.Optional(Name) },
    { additionalProperties: false },
  )
  app.get(
    '/messages/held',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'How many are stored, how large, the oldest',
        querystring: Of,
        response: { 200: HeldBody, ...failures },
      },
    },
    async ({ query }) => unlessAway(() => store.held(query)),
  )

  const ClaimBody = Type.Object(
    {
      owner: Name,
      leaseMs: LeaseMs,
      limit: Type.Integer({ minimum: 1, maximum: PAGE_LARGEST }),
      partition: Type.Optional(Partition),
      source: Type.Optional(Name),
    },
    { additionalProperties: false },
  )
  app.post(
    '/messages/claim',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'Take the oldest to republish; nobody else gets their partitions before the lease is over',
        body: ClaimBody,
        response: { 200: MessagesBody, ...failures },
      },
    },
    async ({ body }) => {
      const messages = await unlessAway(() => store.claim(body))
      count('claimed', messages.length)
      if (messages.length > 0) {
        const again = messages.filter(({ claims }) => claims > 0).length
        const expired = messages.filter((message) => message.expired).length
        log.info({ owner: body.owner, partition: body.partition, claimed: messages.length, again, expired }, 'claimed')
      }
      return { messages }
    },
  )

  app.delete(
    '/messages/claims/:owner',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'Let others have what this owner has claimed',
        params: Type.Object({ owner: Name }),
        querystring: Type.Object({ partition: Type.Optional(Partition) }, { additionalProperties: false }),
        response: { 204: Type.Null(), ...failures },
      },
    },
    async (request, reply) => {
      await unlessAway(() => store.release(request.params.owner, request.query.partition))
      return reply.code(204).send(null)
    },
  )

  app.delete(
    '/messages/:messageId',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'Forget a message that the broker has confirmed',
        params: Type.Object({ messageId: MessageId }),
        response: { 204: Type.Null(), 404: ProblemBody, ...failures },
      },
    },
    async (request, reply) => {
      const { messageId } = request.params
      const removed = await unlessAway(() => store.remove(messageId))
      log.debug({ messageId, removed }, 'message removed')
      if (!removed) throw new Refusal('not-found', 'no such message', { messageId })
      count('removed')
      return reply.code(204).send(null)
    },
  )
}

function pick({ type, partition, source }: { type: string; partition: number; source: string }) {
  return { type, partition, source }
}
