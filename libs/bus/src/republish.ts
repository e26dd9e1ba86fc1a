import { partitions } from '@parvis/contracts/partition'
import { topology } from '@parvis/contracts/topology'
import type { Logger } from 'pino'
import { explain } from './errors.ts'
import { parker } from './park.ts'
import type { Publish } from './publisher.ts'
import type { MessageStore, StoredMessage } from './stores/message-store.ts'

/** For how long a partition is claimed. A publisher that dies delays the next by this. */
const LEASE_MS = 16_000
/** A publish may take 10 s to fail; one that is begun later than this could outlive the claim. */
const SEND_WITHIN_MS = 5_000
const LIMIT = 100
const EVERY_MS = 30_000
/** When something was left: the broker did not take it, or another publisher has claimed it. */
const LEFT_EVERY_MS = 2_000
/** How often it looks whether the broker is back. */
const LOOK_MS = 500

export interface Republishing {
  store: MessageStore
  publish: Publish
  /** The claimant's name, new for each process. */
  owner: string
  log: Logger
  /** Whether this process ends: what is in hand is finished, the rest is somebody else's. */
  stopped?: () => boolean
  /** When messages expire, for the reason under which they are parked. */
  expireHours?: number
}

/** What a pass over one partition did; `left` when something is, or may be, still there. */
export interface Pass {
  published: number
  parked: number
  left: boolean
}

/**
 * Publishes what the store holds of one partition, oldest first, each with its first `messageId`, and forgets it only
 * when the broker has confirmed it without a return. Stops at the first that is not taken, so none overtakes another.
 * An expired one is parked with the reason. A second publish of the same message, after a lost answer, is known to
 * whoever reads it by the ids within.
 */
export async function republishPartition(needs: Republishing, partition: number): Promise<Pass> {
  const { store, publish, owner, log, expireHours = 24, stopped = () => false } = needs
  const pass: Pass = { published: 0, parked: 0, left: false }
  for (;;) {
    const claimedAt = performance.now()
    const messages = await store.claim({ owner, leaseMs: LEASE_MS, limit: LIMIT, partition })
    if (messages.length === 0) {
      // Or what another publisher stores next would wait until the lease is over.
      if (pass.published + pass.parked > 0) await store.release(owner, partition)
      return { ...pass, left: (await store.held({ partition })).count > 0 }
    }
    const removals: Promise<unknown>[] = []
    try {
      for (const [index, message] of messages.entries()) {
        if (index > 0 && (stopped() || performance.now() - claimedAt > SEND_WITHIN_MS)) break
        if (message.expired) await park(publish, message, `expired after ${expireHours} h`)
        else await publish(outgoing(message), message.options.headers)
        pass[message.expired ? 'parked' : 'published']++
        const { messageId, claims } = message
        log.debug({ messageId, partition, claims }, message.expired ? 'parked what has expired' : 'republished')
        const removal = store.remove(messageId)
        // Looked at below, all together; one may fail while another message is still on its way.
        removal.catch(() => {})
        removals.push(removal)
      }
      await Promise.all(removals)
    } catch (error) {
      await Promise.allSettled(removals)
      log.warn({ partition, published: pass.published, reason: explain(error) }, 'republishing stopped for now')
      await store.release(owner, partition).catch(() => {})
      return { ...pass, left: true }
    }
    if (stopped()) {
      await store.release(owner, partition)
      return { ...pass, left: true }
    }
  }
}

function outgoing({ messageId, routingKey, content, options: { type, exchange, mandatory } }: StoredMessage) {
  return { type, messageId, exchange, routingKey, mandatory, content }
}

function park(publish: Publish, { content, claims, routingKey, options }: StoredMessage, reason: string) {
  const meant = topology.bindings.find(
    ({ source, routingKey: key }) => source === options.exchange && key === routingKey,
  )
  return parker(publish, options.type, meant?.destination ?? options.exchange)(content, reason, claims)
}

export interface Republisher extends AsyncDisposable {
  /** Something was stored: look at once, or as soon as the broker is there. */
  kick(): void
}

/**
 * Republishes at the start, whenever the broker is back, every 30 s, and when it is told to. The partitions are
 * independent: one that the broker refuses does not hold up the others.
 * @param isUp whether the broker can be published to
 * @param onPass told after each pass over a partition, with `left: false` when nothing is there any more
 */
export function createRepublisher(
  needs: Republishing & { isUp: () => boolean; onPass: (partition: number, pass: Pass) => void },
): Republisher {
  const log = needs.log.child({ module: 'republisher' })
  const lanes = partitions.map((partition) => ({
    partition,
    running: undefined as Promise<void> | undefined,
    again: false,
  }))
  /** When it looks next; 0: as soon as the broker is there. */
  let dueAt = 0
  let ended = false

  async function run(lane: (typeof lanes)[number]): Promise<void> {
    do {
      lane.again = false
      const { partition } = lane
      const pass = await republishPartition({ ...needs, log, stopped: () => ended }, partition).catch((error): Pass => {
        log.warn({ partition, reason: explain(error) }, 'the message store could not be read')
        return { published: 0, parked: 0, left: true }
      })
      if (pass.left) dueAt = Math.min(dueAt, performance.now() + LEFT_EVERY_MS)
      const { published, parked } = pass
      if (published + parked > 0) log.info({ partition, published, parked }, 'republished')
      needs.onPass(partition, pass)
    } while (lane.again && !ended && needs.isUp())
  }
  function kick(): void {
    if (ended) return
    dueAt = 0
    if (!needs.isUp()) return
    dueAt = performance.now() + EVERY_MS
    for (const lane of lanes) {
      lane.again = lane.running !== undefined
      lane.running ??= run(lane).finally(() => {
        lane.running = undefined
      })
    }
  }
  const timer = setInterval(() => {
    if (!needs.isUp()) dueAt = 0
    else if (performance.now() >= dueAt) kick()
  }, LOOK_MS).unref()

  return {
    kick,
    async [Symbol.asyncDispose]() {
      ended = true
      clearInterval(timer)
      await Promise.all(lanes.map(({ running }) => running))
      await needs.store.release(needs.owner).catch(() => {})
    },
  }
}
