import { setTimeout as sleep } from 'node:timers/promises'
import { partitions } from '@parvis/contracts/partition'
import { queues } from '@parvis/contracts/topology'
import { bringToRest } from './at-rest.ts'
import type { Fault } from './fault.ts'

/** Longer than the last acks take after the last post was seen. */
const ACKS_MS = 1_000

/** Deleting a queue deletes what is in it, so these are deleted while they are empty; posts then come for queues that are not there. */
export const queuesDeleted: Fault = {
  number: 6,
  name: '6-queues-deleted',
  title: "a partition's three queues are deleted while they are consumed, and declared again 4 s later",
  touches: ['broker', 'clients'],
  holdMs: 4_000,
  async inject({ manage, vhost, random }, round) {
    const partition = random.pick(partitions)
    const quiet = await bringToRest(round, 30_000)
    if (!quiet) throw new Error('posts did not come to rest')
    await sleep(ACKS_MS)
    for (const queue of [queues.postWorker(partition), queues.dbWriter(partition), queues.cacheWorker(partition)]) {
      await manage('DELETE', `/queues/${vhost}/${queue}`)
    }
    round.writers.pause(false)
  },
  async heal({ declareTopology }, { writers }) {
    writers.pause(false)
    await declareTopology()
  },
}
