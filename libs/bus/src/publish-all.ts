import type { Outgoing } from '@parvis/contracts/outgoing'
import type { Publish } from './publisher.ts'

/** An eighth of what a publisher has room for: answers about thousands of channels are more than that. */
const AT_A_TIME = 250
const BYTES_AT_A_TIME = 8 * 1024 * 1024

/**
 * Publishes what a handler returned and resolves when all of it is confirmed.
 * Messages of a journey (mandatory) go one after another where they share a routing key: if the first were refused and
 * the second taken, the repeat would put them in the wrong order. Broadcasts go together, as many as the publisher bears:
 * readers mend their order.
 */
export async function publishAll(publish: Publish, messages: readonly Outgoing[]): Promise<void> {
  const lanes = new Map<string, Promise<void>>()
  const broadcasts: Outgoing[] = []
  for (const message of messages) {
    if (!message.mandatory) {
      broadcasts.push(message)
      continue
    }
    const key = `${message.exchange} ${message.routingKey}`
    const before = lanes.get(key)
    lanes.set(key, before ? before.then(() => publish(message)) : publish(message))
  }
  const journeys = Promise.allSettled(lanes.values())
  let failed: PromiseRejectedResult | undefined
  for (const some of together(broadcasts)) {
    failed = (await Promise.allSettled(some.map((message) => publish(message)))).find(isRejected)
    if (failed) break
  }
  // Every outcome is awaited before the first failure is told, so that no repeat overlaps with this try.
  const outcomes = await journeys
  failed ??= outcomes.find(isRejected)
  if (failed) throw failed.reason
}

/** Groups within the bounds, but for their last message; all at once would be refused again at each repeat. */
function together(messages: readonly Outgoing[]): Outgoing[][] {
  const groups: Outgoing[][] = []
  let bytes = 0
  for (const message of messages) {
    const group = groups.at(-1)
    if (!group || group.length >= AT_A_TIME || bytes >= BYTES_AT_A_TIME) {
      groups.push([message])
      bytes = message.content.length
    } else {
      group.push(message)
      bytes += message.content.length
    }
  }
  return groups
}

const isRejected = (outcome: PromiseSettledResult<void>) => outcome.status === 'rejected'
