import { type Static, Type } from 'typebox'

/** Settings of the stores, for the configuration of a process that has them: docs/message-store.md. */
export const storesConfig = {
  MESSAGE_STORE: Type.Union([Type.Literal('memory'), Type.Literal('mysql'), Type.Literal('http')], {
    default: 'memory',
    description: 'where messages wait that the broker did not take: memory (lost with the process), mysql or http',
  }),
  IDEMPOTENCY_STORE: Type.Union([Type.Literal('memory'), Type.Literal('redis'), Type.Literal('http')], {
    default: 'memory',
    description: 'where marks of what was processed are kept: memory (of this process alone), redis or http',
  }),
  MESSAGE_STORE_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description: 'the services message-store, separated by commas; for http',
    }),
  ),
  MESSAGE_EXPIRE_HOURS: Type.Number({
    default: 24,
    exclusiveMinimum: 0,
    description: 'after this a message is parked with the reason, no longer republished',
  }),
  IDEMPOTENCY_KEEP_HOURS: Type.Number({
    default: 72,
    exclusiveMinimum: 0,
    description: 'for how long marks are kept; longer than messages',
  }),
  MEMORY_MESSAGES: Type.Integer({ default: 10_000, minimum: 1, description: 'messages in memory, at most' }),
  MEMORY_BYTES: Type.Integer({
    default: 16 * 1024 * 1024,
    minimum: 1,
    description: 'bytes of bodies in memory, at most',
  }),
}

const schema = Type.Object(storesConfig)
export type StoresConfig = Static<typeof schema>
