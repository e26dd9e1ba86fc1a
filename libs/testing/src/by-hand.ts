import type { Ground } from '@parvis/stack/ground'
import { publishTo } from './broker-queues.ts'
import { eventually } from './eventually.ts'
import { call } from './wall-client.ts'

/** Publishes a command as the management page does: a bare body, JSON or not. Rejects when no queue takes it. */
export async function publishByHand(ground: Ground, routingKey: string, body: object | string): Promise<void> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  await publishTo(ground, { exchange: 'wall.commands', routingKey, payload })
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
