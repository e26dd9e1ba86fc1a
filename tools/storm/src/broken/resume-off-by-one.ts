import { reset } from '../faults/04-reset.ts'
import type { Variant } from './variant.ts'

export const resumeOffByOne: Variant = {
  name: 'resume-off-by-one',
  title: 'a client that comes back gets what it missed but the first entry',
  rewrites: [
    {
      file: 'apps/gateway/src/missed-run.ts',
      find: 'slice(memory, after + 1, memory.last)',
      replace: 'slice(memory, after + 2, memory.last)',
    },
  ],
  faults: [reset],
  shows: ['hole', 'reader-hole'],
}
