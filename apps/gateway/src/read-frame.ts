import {
  type ClientFrame,
  PostCreate,
  SessionOpen,
  WallSubscribe,
  WallUnsubscribe,
} from '@parvis/contracts/live-protocol'
import { bodyReader, InvalidMessageError, parseJson } from '@parvis/contracts/read-body'
import { Refusal } from '@parvis/service/problem-answer'

const readers = {
  'session.open': bodyReader(SessionOpen),
  'wall.subscribe': bodyReader(WallSubscribe),
  'wall.unsubscribe': bodyReader(WallUnsubscribe),
  'post.create': bodyReader(PostCreate),
} satisfies Record<ClientFrame['type'], unknown>

/** What a refusal shall name, so that the client knows what it is about. */
interface Mentions {
  id?: string
  channel?: string
}

/** Reads a frame; a fault comes with what the frame named, so that the refusal can name it too. */
export function readFrame(
  data: Buffer,
  isBinary: boolean,
): { frame: ClientFrame | { fault: Refusal }; mentions: Mentions } {
  if (isBinary) return { frame: { fault: new Refusal('malformed-json', 'frames are JSON text') }, mentions: {} }
  let value: unknown
  try {
    value = parseJson(data)
  } catch {
    return { frame: { fault: new Refusal('malformed-json', 'the frame is not JSON') }, mentions: {} }
  }
  const { type, id, channel } = (value ?? {}) as Record<string, unknown>
  const mentions: Mentions = {
    ...(typeof id === 'string' && id.length <= 64 && { id }),
    ...(typeof channel === 'string' && channel.length <= 128 && { channel }),
  }
  // `hasOwn`: every object has a `constructor`.
  const read = typeof type === 'string' && Object.hasOwn(readers, type) && readers[type as keyof typeof readers]
  if (!read) {
    return {
      frame: {
        fault: new Refusal('unknown-frame', `type: one of ${Object.keys(readers).join(', ')}`, { field: 'type' }),
      },
      mentions,
    }
  }
  try {
    return { frame: read(value) as ClientFrame, mentions }
  } catch (error) {
    if (!(error instanceof InvalidMessageError)) throw error
    return { frame: { fault: refusalOf(error) }, mentions }
  }
}

/** The fault as `value-not-fit: <field>: <what>`; of a field that is not there the schema says so of the whole. */
function refusalOf({ message }: InvalidMessageError): Refusal {
  const missing = /must have required properties (\w+)/.exec(message)?.[1]
  if (missing !== undefined) return new Refusal('value-not-fit', `${missing}: is missing`, { field: missing })
  const [, field = 'body', ...rest] = message.split(': ')
  return new Refusal('value-not-fit', `${field}: ${rest.join(': ')}`, { field })
}
