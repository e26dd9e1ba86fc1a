import { broadcastsLost } from '../faults/07-broadcasts-lost.ts'
import type { Variant } from './variant.ts'

export const ownPositions: Variant = {
  name: 'own-positions',
  title: "positions are the gateway's own count, not MySQL's",
  rewrites: [
    {
      file: 'apps/gateway/src/channels.ts',
      find: 'channel.position = { epoch, last }',
      replace: 'channel.position = { epoch: channel.memory.epoch, last: channel.memory.last }; if (last >= 0) continue',
    },
  ],
  faults: [broadcastsLost],
  shows: ['expectation', 'reader-behind'],
}
