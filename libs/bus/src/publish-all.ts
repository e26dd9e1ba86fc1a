import type { Outgoing } from '@parvis/contracts/outgoing'
import type { Publish } from './publisher.ts'

/**
 * Publishes what a handler returned and resolves when all of it is confirmed.
 * Messages of a journey (mandatory) go one after another where they share a routing key: if the first were refused and
 * the second taken, the repeat would put them in the wrong order. Broadcasts go at once: readers mend their order.
 */
export async function publishAll(publish: Publish, messages: readonly Outgoing[]): Promise<void> {
  const lanes = new Map<string, Promise<void>>()
  const sent: Promise<void>[] = []
  for (const message of messages) {
    if (!message.mandatory) {
      sent.push(publish(message))
      continue
    }
    const key = `${message.exchange} ${message.routingKey}`
    const before = lanes.get(key)
    lanes.set(key, before ? before.then(() => publish(message)) : publish(message))
  }
  // Every outcome is awaited before the first failure is told, so that no repeat overlaps with this try.
  const outcomes = await Promise.allSettled([...lanes.values(), ...sent])
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
}
