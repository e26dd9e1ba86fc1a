import { gatewayDeaf } from '../faults/03-gateway-deaf.ts'
import type { Variant } from './variant.ts'

export const trustedMemory: Variant = {
  name: 'trusted-memory',
  title: 'a gateway trusts its memory after it has lost the broker',
  rewrites: [
    {
      file: 'apps/gateway/src/channels.ts',
      find: 'channel.sure = false\n        channel.held = []',
      replace: 'channel.held = []',
    },
    {
      file: 'apps/gateway/src/channels.ts',
      find: 'for (const channel of [...channels.values()]) void catchUp(channel)',
      replace: '',
    },
  ],
  faults: [gatewayDeaf],
  shows: ['expectation'],
}
