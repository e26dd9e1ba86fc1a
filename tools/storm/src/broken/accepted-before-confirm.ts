import { bindingsRemoved } from '../faults/07-bindings-removed.ts'
import type { Variant } from './variant.ts'

export const acceptedBeforeConfirm: Variant = {
  name: 'accepted-before-confirm',
  title: 'a gateway says accepted before the broker has',
  rewrites: [
    {
      file: 'apps/gateway/src/post-lanes.ts',
      find: 'const failure = await publish(postCreated(posts))',
      replace: 'for (const { settle } of pack) settle(); const failure = await publish(postCreated(posts))',
    },
  ],
  faults: [bindingsRemoved],
  shows: ['lost'],
}
