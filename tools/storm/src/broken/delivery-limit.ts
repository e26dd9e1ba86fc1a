import { partitions } from '@parvis/contracts/partition'
import { exchanges, queues } from '@parvis/contracts/topology'
import { handedOutOften } from '../faults/22-handed-out-often.ts'
import type { Variant } from './variant.ts'

/** What RabbitMQ 4 takes where a queue names none; 3.10 has none, so it is named here. */
const LIMIT = 20

export const deliveryLimit: Variant = {
  name: 'delivery-limit',
  title: 'queues have the delivery limit that RabbitMQ 4 gives them by default',
  rewrites: [],
  faults: [handedOutOften],
  shows: ['not-stored', 'lost'],
  async prepare({ manage, vhost }) {
    for (const k of partitions) {
      const path = `/queues/${vhost}/${queues.dbWriter(k)}`
      const { arguments: own } = (await manage('GET', path)) as { arguments: object }
      await manage('DELETE', path)
      await manage('PUT', path, { durable: true, arguments: { ...own, 'x-delivery-limit': LIMIT } })
      await manage('POST', `/bindings/${vhost}/e/${exchanges.events}/q/${queues.dbWriter(k)}`, {
        routing_key: `post.reviewed.p${k}`,
      })
    }
  },
}
