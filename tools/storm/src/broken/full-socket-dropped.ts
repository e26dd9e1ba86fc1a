import { slowReaders } from '../faults/18-slow-readers.ts'
import type { Variant } from './variant.ts'

export const fullSocketDropped: Variant = {
  name: 'full-socket-dropped',
  title: 'what does not fit into a full socket is dropped, and what follows is sent',
  rewrites: [
    {
      file: 'apps/gateway/src/subscription.ts',
      find: 'this.#after = before\n      this.#fallBehind()\n      return',
      replace: 'return',
    },
  ],
  faults: [slowReaders],
  shows: ['hole'],
}
