import { Entry, Post, Uuid } from '@parvis/contracts/post'
import { type ProblemCode, problems } from '@parvis/contracts/problems'
import { type TSchema, Type } from 'typebox'

// What the gateway's routes answer: the shapes that /openapi.json shows.

export const ProblemBody = Type.Object(
  {
    type: Type.String({ description: 'urn:parvis:problem:<code>' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: `one of ${Object.keys(problems).join(', ')}; more may come` }),
    detail: Type.String({ description: 'a sentence that names the field and the limit' }),
    field: Type.Optional(Type.String()),
    id: Type.Optional(Type.String({ description: 'the post that it is about, or the id to retry with' })),
    suggestion: Type.Optional(Type.String({ description: 'a pseudo that is free' })),
    epoch: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: 'the channel’s epoch now' })),
    retryAfterS: Type.Optional(Type.Number()),
  },
  { description: 'A refusal (RFC 9457)' },
)

/** The refusals of a route by status, with the codes of each, as they stand in the table of problems. */
export function refusals(...codes: ProblemCode[]) {
  const byStatus = Map.groupBy(codes, (code) => problems[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      status,
      {
        description: some.map((code) => `\`${code}\`: ${problems[code].title}`).join('; '),
        ...((status === 429 || status === 503) && {
          headers: { 'retry-after': { type: 'integer', description: 'seconds' } },
        }),
        content: { 'application/problem+json': { schema: ProblemBody } },
      },
    ]),
  )
}

/** An answer's schema with what it means and the headers that come with it, for the document. */
export function answer<S extends TSchema>(schema: S, description: string, headers: Record<string, string> = {}): S {
  const described = Object.entries(headers).map(([name, text]) => [name, { type: 'string', description: text }])
  return {
    ...schema,
    description,
    ...(described.length > 0 && { headers: Object.fromEntries(described) }),
  }
}

/** What a request with a bad or missing token gets, on every route that needs one. */
export const withoutSession = ['token-missing', 'token-invalid', 'token-expired', 'session-ended'] as const
export const needsSession = [{ session: [] }]
/** What a body that is no fit JSON gets, on every route that takes one. */
export const badBody = ['malformed-json', 'body-too-large', 'content-type', 'value-not-fit'] as const

const sessionFields = { pseudo: Type.String(), sessionId: Uuid, expiresAt: Type.Integer() }
export const TokenBody = Type.Object({ token: Type.String(), ...sessionFields })
export const SessionBody = Type.Object({ valid: Type.Literal(true), ...sessionFields })

export const AcceptedBody = Type.Object({
  id: Uuid,
  clientId: Uuid,
  channel: Type.String(),
  status: Type.Literal('accepted'),
  durable: Type.Optional(Type.Literal(false)),
})

export const StoredBody = Type.Object({
  status: Type.Literal('stored'),
  seq: Type.Integer(),
  epoch: Type.String(),
  ...Post.properties,
})

export const RefusedBody = Type.Object({
  id: Uuid,
  status: Type.Union([Type.Literal('refused'), Type.Literal('parked')]),
  code: Type.String(),
  message: Type.String(),
})

export const PageBody = Type.Object({
  channel: Type.String(),
  epoch: Type.Union([Type.String(), Type.Null()]),
  entries: Type.Array(Entry),
  first: Type.Integer(),
  last: Type.Integer(),
  head: Type.Integer(),
  hasMore: Type.Boolean(),
})
