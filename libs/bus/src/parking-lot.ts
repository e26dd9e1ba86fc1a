import { createHash } from 'node:crypto'
import { exchanges, type MessageType, queues, topology } from '@parvis/contracts/topology'
import { type Channel, type ConfirmChannel, connect, type GetMessage } from 'amqplib'
import { explain, TransientError } from './errors.ts'
import { userOf } from './open-connection.ts'
import { within } from './wait.ts'

/** A message that was set aside for a person. */
export interface Parked {
  messageId: string
  type: string
  reason: string
  sourceQueue: string
  /** How often it had been delivered, or claimed, when it was parked. */
  count: number
  /** ISO 8601; empty when nobody said it. */
  parkedAt: string
  /** The broker's user that parked it. */
  user: string
  bytes: number
  content: string
}

/** Where a message goes when it is tried again. */
export interface Road {
  exchange: string
  routingKey: string
}

/** What one visit reads, at most; what is deeper is reached when those before it are gone. */
const MOST_READ = 10_000
const MOST_BYTES = 64 * 1024 * 1024
const CALL_MS = 10_000
const queue = queues.parked

/** For parked messages that nobody can send anywhere: no source queue is known. */
export class NoRoadError extends Error {
  override name = 'NoRoadError'
}

/**
 * Reads and empties `parvis.parked`, by a connection of its own for each call: operators come seldom, and what reads it
 * must start without a broker. Looking takes messages and gives them back. Quorum queues do not keep the order of what
 * is given back (RabbitMQ 3.10 mixes it), so every answer is in the order of parking, by time. Calls wait for one
 * another, so none sees a queue that another has in hand.
 * Every method rejects with a TransientError when the broker does not answer.
 */
export function openParkingLot(url: string) {
  let last: Promise<unknown> = Promise.resolve()

  function visit<R>(run: (channel: ConfirmChannel) => Promise<R>): Promise<R> {
    const turn = last.then(async () => {
      const connection = await within(CALL_MS, 'connect', connect(url, { timeout: CALL_MS })).catch(asTransient)
      connection.on('error', () => {})
      try {
        const channel = await within(CALL_MS, 'channel', connection.createConfirmChannel())
        channel.on('error', () => {})
        try {
          return await run(channel)
        } finally {
          await giveBack(channel).catch(() => {})
        }
      } catch (error) {
        return await asTransient(error)
      } finally {
        await within(CALL_MS, 'close', connection.close()).catch(() => {})
      }
    })
    last = turn.catch(() => {})
    return turn
  }

  return {
    /** The oldest first, after the one named `after`; `total` is how many there are in all. */
    list: ({ after, limit }: { after?: string; limit: number }) =>
      visit(async (channel) => {
        const { messageCount: total } = await channel.checkQueue(queue)
        const all = (await readAll(channel)).map(({ parked }) => parked)
        const from = after === undefined ? 0 : all.findIndex(({ messageId }) => messageId === after) + 1
        const parked = all.slice(from, from + limit)
        return { parked, next: from + limit < all.length ? (parked.at(-1)?.messageId ?? null) : null, total }
      }),

    find: (messageId: string) =>
      visit(async (channel) => (await readAll(channel)).find(({ parked }) => parked.messageId === messageId)?.parked),

    /**
     * Removes those that `act` has dealt with, each after it has resolved; one that rejects stays, and ends the visit.
     * @param wanted one id, or `all` that are there now
     * @returns how many were removed
     */
    take: (wanted: { messageId: string } | 'all', act: (parked: Parked, publish: PublishOn) => Promise<void>) =>
      visit(async (channel) => {
        const publish = publisherOn(channel, userOf(url))
        const all = await readAll(channel)
        const chosen =
          wanted === 'all' ? all : all.filter(({ parked }) => parked.messageId === wanted.messageId).slice(0, 1)
        for (const { parked, message } of chosen) {
          await act(parked, publish)
          channel.ack(message)
        }
        return chosen.length
      }),
  }
}
export type ParkingLot = ReturnType<typeof openParkingLot>

/** Publishes a parked message again; resolves when a queue holds it. */
type PublishOn = (parked: Parked, road: Road) => Promise<void>

/** Where it goes again: to its source queue's exchange and key; a whole command without one, as such. */
export function roadOf({ sourceQueue, type }: Pick<Parked, 'sourceQueue' | 'type'>): Road {
  const binding = topology.bindings.find(({ destination }) => destination === sourceQueue)
  if (binding) return { exchange: binding.source, routingKey: binding.routingKey }
  if (type === ('post.created' satisfies MessageType)) return { exchange: exchanges.commands, routingKey: type }
  throw new NoRoadError(`nobody knows which queue it came from (${sourceQueue || 'none is named'})`)
}

/**
 * Gives back by name, not by closing: that keeps the order of a few. The get is answered when all of it is done, acks
 * included, which have no answer of their own and can be lost with the channel.
 */
async function giveBack(channel: Channel): Promise<void> {
  channel.nackAll(true)
  await within(CALL_MS, 'give back', channel.get(queue))
}

async function readAll(channel: Channel): Promise<{ parked: Parked; message: GetMessage }[]> {
  const all: { parked: Parked; message: GetMessage }[] = []
  for (let bytes = 0; all.length < MOST_READ && bytes < MOST_BYTES; ) {
    const message = await within(CALL_MS, 'get', channel.get(queue))
    if (!message) break
    bytes += message.content.length
    all.push({ parked: parkedOf(message), message })
  }
  // Equal times stay as they were read.
  return all.sort((a, b) =>
    a.parked.parkedAt < b.parked.parkedAt ? -1 : a.parked.parkedAt > b.parked.parkedAt ? 1 : 0,
  )
}

function parkedOf({ content, properties: { messageId, type, headers = {}, userId } }: GetMessage): Parked {
  // The broker's own way there: a delivery limit, or a queue's length. It says so in headers of its own.
  const death = headers['x-death']?.[0] as
    | { reason?: string; queue?: string; count?: number; time?: { value: number } }
    | undefined
  const hash = () => createHash('sha256').update(content).digest('hex').slice(0, 32)
  return {
    messageId: messageId ?? `sha256-${hash()}`,
    type: String(type ?? ''),
    reason: String(headers['x-reason'] ?? death?.reason ?? 'not said'),
    sourceQueue: String(headers['x-source-queue'] ?? death?.queue ?? ''),
    count: Number(headers['x-count'] ?? death?.count ?? 0),
    parkedAt: String(headers['x-parked-at'] ?? timeOf(death?.time)),
    user: String(userId ?? ''),
    bytes: content.length,
    content: content.toString('utf8'),
  }
}

/** The broker's time of a death; nothing for what is no time, which anyone may write there. */
function timeOf(time: { value: number } | undefined): string {
  const date = new Date(Number(time?.value) * 1000)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}

function publisherOn(channel: ConfirmChannel, userId: string): PublishOn {
  const returned = new Set<string>()
  channel.on('return', (message) => returned.add(message.properties.messageId))
  return async ({ messageId, type, content }, { exchange, routingKey }) => {
    const options = { persistent: true, mandatory: true, messageId, type, contentType: 'application/json', userId }
    const confirmed = new Promise<void>((resolve, reject) =>
      channel.publish(exchange, routingKey, Buffer.from(content), options, (error) =>
        error ? reject(error) : resolve(),
      ),
    )
    await within(CALL_MS, 'confirm', confirmed)
    if (returned.has(messageId)) throw new TransientError('unroutable', `no queue takes ${routingKey}`)
  }
}

function asTransient(error: unknown): Promise<never> {
  const known = Error.isError(error) && (error.name === 'TransientError' || error.name === 'NoRoadError')
  return Promise.reject(known ? error : new TransientError('broker', explain(error), { cause: error }))
}
