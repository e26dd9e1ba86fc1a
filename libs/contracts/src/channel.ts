import { CHANNEL_CHARACTERS } from './limits.ts'

/** Where a post goes that names no channel. */
export const DEFAULT_CHANNEL = 'wall'

/** A channel's name as it is stored, cached and routed: see `canonicalChannel`. */
const CHANNEL_PATTERN = `^[a-z0-9][a-z0-9_-]{0,${CHANNEL_CHARACTERS - 1}}$`

const canonical = new RegExp(CHANNEL_PATTERN)

/**
 * The one spelling of a channel's name: `#Pause_Cafe` and `pause_cafe` are the same channel.
 * Names are ASCII, so that no two channels look alike and every name fits into a URL, a key and a queue.
 * @returns the canonical name, or undefined if it is not one: 1 to 64 letters a-z, digits, `-` and `_`,
 *   a letter or digit first, an optional `#` before.
 */
export function canonicalChannel(name: string): string | undefined {
  const plain = (name.startsWith('#') ? name.slice(1) : name).toLowerCase()
  return canonical.test(plain) ? plain : undefined
}
