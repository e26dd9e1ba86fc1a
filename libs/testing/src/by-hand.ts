import type { Ground } from '@parvis/stack/ground'
import { manage } from '@parvis/stack/manage'
import { eventually } from './eventually.ts'
import { call } from './wall-client.ts'

/** Publishes a command as the management page does: a bare body, JSON or not. */
export async function publishByHand({ servers }: Ground, routingKey: string, body: object | string): Promise<void> {
  const vhost = new URL(servers.rabbitmq.url).pathname.slice(1)
  await manage(servers.rabbitmq.management, 'POST', `/api/exchanges/${vhost}/wall.commands/publish`, {
    properties: {},
    routing_key: routingKey,
    payload: typeof body === 'string' ? body : JSON.stringify(body),
    payload_encoding: 'string',
  })
}

/** Fills a channel with posts by hand, 100 a message, and waits until a gateway shows the last. */
export async function fillByHand(ground: Ground, gateway: string, channel: string, texts: string[]): Promise<void> {
  for (let from = 0; from < texts.length; from += 100) {
    const posts = texts.slice(from, from + 100).map((text) => ({ text, channel }))
    await publishByHand(ground, 'post.created', { posts })
  }
  await eventually(async () => {
    const { body } = await call(`${gateway}/posts?channel=${channel}&limit=1`, 'GET')
    if (body.head < texts.length) throw new Error(`${channel}: ${body.head} of ${texts.length} are stored`)
  }, 30_000)
}
