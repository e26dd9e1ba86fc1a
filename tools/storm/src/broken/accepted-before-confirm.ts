import { bindingsRemoved } from '../faults/07-bindings-removed.ts'
import type { Variant } from './variant.ts'

export const acceptedBeforeConfirm: Variant = {
  name: 'accepted-before-confirm',
  title: 'a gateway says accepted before the broker has',
  rewrites: [
    {
      file: 'libs/bus/src/publisher.ts',
      find: 'return promise\n',
      replace: 'promise.catch(() => {}); return Promise.resolve()\n',
      service: 'gateway',
    },
  ],
  faults: [bindingsRemoved],
  shows: ['lost'],
}
