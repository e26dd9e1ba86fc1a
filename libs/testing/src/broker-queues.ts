import type { Ground } from '@parvis/stack/ground'
import { manage } from '@parvis/stack/manage'

export interface TakenMessage {
  payload: string
  properties: { headers?: Record<string, unknown>; user_id?: string }
}

/** Publishes as a person does on RabbitMQ's management page; rejects when no queue takes it. */
export async function publishTo(
  ground: Ground,
  to: { exchange: string; routingKey: string; payload: string; properties?: object },
): Promise<void> {
  const answer = await manage(
    ground.servers.rabbitmq.management,
    'POST',
    `/api/exchanges/${vhost(ground)}/${to.exchange}/publish`,
    {
      properties: to.properties ?? {},
      routing_key: to.routingKey,
      payload: to.payload,
      payload_encoding: 'string',
    },
  )
  if (!(answer as { routed: boolean }).routed) throw new Error(`no queue takes ${to.routingKey}`)
}

/** Makes a queue that hears what goes to an exchange; the queues of a partition give nothing to anyone but a consumer. */
export async function overhear(
  ground: Ground,
  from: { exchange: string; routingKey: string; queue: string },
): Promise<void> {
  const { exchange, routingKey, queue } = from
  await manage(ground.servers.rabbitmq.management, 'PUT', `/api/queues/${vhost(ground)}/${queue}`, { durable: true })
  await manage(ground.servers.rabbitmq.management, 'POST', `/api/bindings/${vhost(ground)}/e/${exchange}/q/${queue}`, {
    routing_key: routingKey,
  })
}

/** Takes up to 100 messages out of a queue that nobody consumes and that is no partition's. */
export async function takeMessages(ground: Ground, queue: string): Promise<TakenMessage[]> {
  const taken = await manage(ground.servers.rabbitmq.management, 'POST', `/api/queues/${vhost(ground)}/${queue}/get`, {
    count: 100,
    ackmode: 'ack_requeue_false',
    encoding: 'auto',
  })
  return taken as TakenMessage[]
}

function vhost(ground: Ground): string {
  return new URL(ground.servers.rabbitmq.url).pathname.slice(1)
}
