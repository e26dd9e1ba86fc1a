import { canonicalChannel } from '@parvis/contracts/channel'
import { bodyReader, InvalidMessageError } from '@parvis/contracts/read-body'
import { WallRequested } from '@parvis/contracts/wall-requested'

const read = bodyReader(WallRequested)

/** Reads a `wall.requested`, its channels in the one spelling of their names. Throws an InvalidMessageError, to be parked. */
export function readWallRequested(content: Buffer): WallRequested {
  const request = read(content)
  if (!request.channels) return request
  const channels = request.channels.map((name) => {
    const channel = canonicalChannel(name)
    if (channel === undefined) throw new InvalidMessageError('channel-not-fit: channels: letters a-z, digits, - and _')
    return channel
  })
  return { ...request, channels }
}
