import type { ConsumeMessage } from 'amqplib'
import type { Logger } from 'pino'
import type { Consumption, Delivery, Unpacked } from './consume.ts'
import { explain } from './errors.ts'
import { handleBatch, parkAndTell } from './handle-batch.ts'
import { parker } from './park.ts'
import { publishAll } from './publish-all.ts'
import type { Publish } from './publisher.ts'
import { deliveryCount, isSuspect } from './take-batch.ts'

/**
 * Handles deliveries in order: parks what cannot be read, gives the rest to the handler, publishes what it returns.
 * Resolves when all may be acked; when it throws, nothing may.
 */
export async function handleDeliveries<T>(
  what: Consumption<T>,
  batch: readonly ConsumeMessage[],
  { publish, log, signal }: { publish: Publish; log: Logger; signal: AbortSignal },
): Promise<void> {
  type Held = { item: T; delivery: Delivery }
  const park = parker(publish, what.type, what.queue)
  const held: Held[] = []
  for (const message of batch) {
    const delivery = deliveryOf(message)
    for (const part of read(what, delivery)) {
      if ('item' in part) held.push({ item: part.item, delivery })
      else {
        log.warn({ reason: part.fault }, 'parking what cannot be read')
        await parkAndTell(
          { log, signal },
          {
            park: () => park(part.content, part.fault, delivery.count),
            tell: () => publishAll(publish, part.tell ?? []),
          },
        )
      }
    }
  }
  const work = {
    handle: (some: readonly Held[]) => what.handle(some.map(({ item }) => item)),
    publishAll: (messages: Parameters<typeof publishAll>[1]) => publishAll(publish, messages),
    park: ({ item, delivery }: Held, reason: string) =>
      park(repacked(what, item) ?? delivery.content, reason, delivery.count),
    tellParked: async ({ item }: Held, reason: string) => publishAll(publish, what.onParked?.(item, reason) ?? []),
    log,
    signal,
  }
  if (isSuspect(batch[0])) for (const one of held) await handleBatch(work, [one])
  else await handleBatch(work, held)
}

function read<T>(what: Consumption<T>, delivery: Delivery): Unpacked<T>[] {
  try {
    return what.unpack(delivery)
  } catch (error) {
    return [{ fault: explain(error), content: delivery.content }]
  }
}

/** An item that breaks the handler may break this too; the whole message is parked then, so that nothing is lost. */
function repacked<T>(what: Consumption<T>, item: T) {
  try {
    return what.repack(item)
  } catch {
    return undefined
  }
}

function deliveryOf(message: ConsumeMessage): Delivery {
  return {
    content: message.content,
    userId: message.properties.userId,
    count: deliveryCount(message),
  }
}
