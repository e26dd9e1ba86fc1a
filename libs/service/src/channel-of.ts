import { canonicalChannel, DEFAULT_CHANNEL } from '@parvis/contracts/channel'
import { CHANNEL_CHARACTERS } from '@parvis/contracts/limits'
import { Refusal } from './problem-answer.ts'

/** The channel in its one spelling; throws a Refusal for a name that is none. */
export function channelOf(raw = DEFAULT_CHANNEL): string {
  const channel = canonicalChannel(raw)
  if (channel !== undefined) return channel
  const rule = `1 to ${CHANNEL_CHARACTERS} letters a-z, digits, - and _, a letter or digit first`
  throw new Refusal('channel-not-fit', `channel: ${rule}`, { field: 'channel' })
}
