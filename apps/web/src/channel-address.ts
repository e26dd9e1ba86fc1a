import { canonicalChannel, DEFAULT_CHANNEL } from '@parvis/contracts/channel'

/**
 * The channel that an address asks for: `#name`, else `?channel=name`, else the default one.
 * @returns the canonical name; `fit: false` when the address names something that no channel can be called
 */
export function channelOf(address: { hash: string; search: string }): { channel: string; fit: boolean } {
  const asked = decode(address.hash.slice(1)) || new URLSearchParams(address.search).get('channel')
  if (!asked) return { channel: DEFAULT_CHANNEL, fit: true }
  const channel = canonicalChannel(asked)
  return { channel: channel ?? DEFAULT_CHANNEL, fit: channel !== undefined }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
