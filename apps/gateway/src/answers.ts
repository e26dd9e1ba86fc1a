import { Entry, Post, Uuid } from '@parvis/contracts/post'
import { Type } from 'typebox'

// What the gateway's routes answer: the shapes that /openapi.json shows.

export const ProblemBody = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    field: Type.Optional(Type.String()),
  },
  { description: 'application/problem+json (RFC 9457)' },
)

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
