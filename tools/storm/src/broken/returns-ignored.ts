import { bindingsRemoved } from '../faults/07-bindings-removed.ts'
import type { Variant } from './variant.ts'

export const returnsIgnored: Variant = {
  name: 'returns-ignored',
  title: 'messages are not mandatory: one that reaches no queue counts as taken',
  rewrites: [
    { file: 'libs/bus/src/publisher.ts', find: 'mandatory: message.mandatory,', replace: 'mandatory: false,' },
  ],
  faults: [bindingsRemoved],
  shows: ['lost'],
}
