import { type Parked, type Road, roadOf } from '@parvis/bus/parking-lot'
import type { MessageStore } from '@parvis/bus/stores/message-store'
import { partitions } from '@parvis/contracts/partition'
import { exchanges, type MessageType } from '@parvis/contracts/topology'

/** The broker's user of gateways: a post is its author's only when a gateway publishes it. */
const GATEWAY = 'gateway'
const COMMAND_KEY = /^post\.created\.p(\d+)$/

/**
 * Tries a parked message again where it came from. What a gateway had parked goes through the message store, from where
 * a gateway publishes it in its own name; published by us it would count as a post by hand.
 * Resolves when a queue or the store holds it.
 */
export async function replayParked(
  parked: Parked,
  { publish, store }: { publish: (parked: Parked, road: Road) => Promise<void>; store: MessageStore },
): Promise<void> {
  const road = roadOf(parked)
  const partition = Number(COMMAND_KEY.exec(road.routingKey)?.[1] ?? -1)
  if (parked.user !== GATEWAY || road.exchange !== exchanges.commands || !partitions.includes(partition)) {
    return publish(parked, road)
  }
  await store.add({
    messageId: parked.messageId,
    routingKey: road.routingKey,
    content: parked.content,
    options: {
      exchange: road.exchange,
      type: parked.type as MessageType,
      mandatory: true,
      partition,
      source: 'parking-lot',
    },
    // It may wait for another day.
    timestamp: Date.now(),
  })
}
