import type { MessageType } from '@parvis/contracts/topology'
import { Type } from 'typebox'

// What the routes take and answer: the shapes that /openapi.json shows.

/** A name that travels in headers, logs and rows: printable ASCII. */
export const Name = Type.String({ pattern: '^[!-~]{1,128}$' })
// Half a pair of UTF-16 is no text: it would come back from any server as another character.
const half = '\\ud800-\\udfff'
const text = `^[^${half}]*$`
/** Of a message that is stored, and so travels in paths, rows and AMQP. MySQL takes "a" and "a " for the same. */
export const MessageId = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: `^(?!\\.{1,2}$)[^${half}]*[^ ${half}]$`,
  description: 'at most 255 bytes in UTF-8; neither "." nor "..", and without a space at its end',
})
/** Of a message that somebody has parked, under whatever id. */
export const ParkedId = Type.String({ minLength: 1, maxLength: 255 })
export const Partition = Type.Integer({ minimum: 0, maximum: 65_535 })
export const LeaseMs = Type.Integer({ minimum: 1, maximum: 3_600_000 })

export const NewMessageBody = Type.Object(
  {
    messageId: MessageId,
    routingKey: Type.String({ maxLength: 255, pattern: text, description: 'at most 255 bytes in UTF-8' }),
    content: Type.String({ pattern: text, description: 'the body, JSON text' }),
    options: Type.Object(
      {
        exchange: Type.String({ pattern: '^[!-~]{0,127}$' }),
        type: Type.Unsafe<MessageType>(Type.String({ pattern: '^[!-~]{1,64}$' })),
        mandatory: Type.Boolean(),
        partition: Partition,
        source: Name,
        headers: Type.Optional(
          Type.Record(Type.String(), Type.Unknown(), { description: 'AMQP headers, at most 8 KiB of JSON' }),
        ),
      },
      { additionalProperties: false },
    ),
    timestamp: Type.Integer({
      minimum: 0,
      // The last moment that has a date.
      maximum: 8_640_000_000_000_000,
      description: 'when it was first tried, in ms since 1970',
    }),
  },
  { additionalProperties: false },
)

export const AddedBody = Type.Object({ messageId: MessageId, added: Type.Boolean(), durable: Type.Boolean() })

const StoredMessageBody = Type.Object({
  ...NewMessageBody.properties,
  position: Type.Integer(),
  claims: Type.Integer(),
  expired: Type.Boolean(),
})
export const MessagesBody = Type.Object({ messages: Type.Array(StoredMessageBody) })
export const PageBody = Type.Object({
  messages: Type.Array(StoredMessageBody),
  next: Type.Union([Type.Integer(), Type.Null()]),
})
export const HeldBody = Type.Object({
  count: Type.Integer(),
  bytes: Type.Integer(),
  oldest: Type.Union([Type.Integer(), Type.Null()]),
})

export const MarkBody = Type.Object({
  messageId: MessageId,
  state: Type.Union([Type.Literal('claimed'), Type.Literal('done')]),
  at: Type.Integer(),
  result: Type.Optional(Type.Unknown()),
})
export const WonBody = Type.Object({ messageId: MessageId, token: Type.String() })

const parkedHead = {
  messageId: ParkedId,
  type: Type.String(),
  reason: Type.String(),
  sourceQueue: Type.String(),
  count: Type.Integer({ description: 'how often it had been delivered' }),
  parkedAt: Type.String({ description: 'ISO 8601' }),
  user: Type.String({ description: "the broker's user that parked it" }),
  bytes: Type.Integer(),
}
export const ParkedBody = Type.Object({ ...parkedHead, content: Type.String() })
export const ParkedPageBody = Type.Object({
  parked: Type.Array(Type.Object(parkedHead)),
  next: Type.Union([Type.String(), Type.Null()]),
  total: Type.Integer(),
})
export const TakenBody = Type.Object({ taken: Type.Integer() })

export const ProblemBody = Type.Object(
  { type: Type.String(), title: Type.String(), status: Type.Integer(), code: Type.String(), detail: Type.String() },
  { description: 'application/problem+json (RFC 9457)' },
)
