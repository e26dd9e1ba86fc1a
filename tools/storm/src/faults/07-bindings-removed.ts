import { partitions } from '@parvis/contracts/partition'
import { exchanges, queues } from '@parvis/contracts/topology'
import type { Fault } from './fault.ts'

export const bindingsRemoved: Fault = {
  number: 7,
  name: '7-bindings-removed',
  title: 'bindings are removed for 5 s, so that messages reach no queue',
  touches: ['broker'],
  holdMs: 5_000,
  async inject({ manage, vhost, random }) {
    const [a, b, c] = random.shuffle(partitions) as [number, number, number]
    const unbind = (exchange: string, queue: string, key: string) =>
      manage('DELETE', `/bindings/${vhost}/e/${exchange}/q/${queue}/${key}`)
    await unbind(exchanges.commands, queues.postWorker(a), `post.created.p${a}`)
    await unbind(exchanges.events, queues.dbWriter(b), `post.reviewed.p${b}`)
    await unbind(exchanges.events, queues.cacheWorker(c), `post.stored.p${c}`)
  },
  heal: ({ declareTopology }) => declareTopology(),
}
