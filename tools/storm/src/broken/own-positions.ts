import { broadcastsLost } from '../faults/07-broadcasts-lost.ts'
import type { Variant } from './variant.ts'

export const ownPositions: Variant = {
  name: 'own-positions',
  title: "positions are the gateway's own count, not MySQL's",
  rewrites: [
    {
      file: 'apps/gateway/src/channels.ts',
      find: "{ type: 'wall.position', channel: name, epoch, last }",
      replace: "{ type: 'wall.position', channel: name, epoch: channel.memory.epoch, last: channel.memory.last }",
    },
    {
      file: 'apps/gateway/src/channels.ts',
      find: 'const inStep = () =>',
      replace: 'if (last >= 0) continue; const inStep = () =>',
    },
  ],
  faults: [broadcastsLost],
  shows: ['expectation', 'reader-behind'],
}
