import type { Fault } from './fault.ts'

/** The broker gives its queues to the other after two to three heartbeats of 6 s; then it wakes up and goes on writing. */
export const writerFrozen: Fault = {
  number: 10,
  name: '10-writer-frozen',
  title: 'an active db-writer is frozen for 25 s, and goes on as if nothing had been',
  touches: ['worker'],
  holdMs: 25_000,
  async inject({ wall, random }) {
    const writer = random.pick(wall.services['db-writer'])
    writer.kill('SIGSTOP')
  },
  async heal({ wall }) {
    for (const writer of wall.services['db-writer']) writer.kill('SIGCONT')
  },
}
