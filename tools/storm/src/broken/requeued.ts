import { lockHeld } from '../faults/12-lock-held.ts'
import type { Variant } from './variant.ts'

export const requeued: Variant = {
  name: 'requeued',
  title: 'what fails for now is given back to the queue, which puts it behind its successors',
  rewrites: [
    {
      file: 'libs/bus/src/handle-batch.ts',
      find: 'if (!(await pause(backOffMs(attempt), work.signal))) throw new AbandonedError(what, { cause: error })',
      replace: 'throw Object.assign(new AbandonedError(what, { cause: error }), { requeue: true })',
    },
    {
      file: 'libs/bus/src/consume.ts',
      find: '// The channel goes, and with it the claim on these deliveries',
      replace: `if ((error as any).requeue) {
          mine.channel.nack(batch.at(-1)!, true, true)
          continue
        }
        // `,
    },
  ],
  faults: [lockHeld],
  shows: ['order'],
  rate: 200,
}
