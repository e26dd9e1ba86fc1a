import { isTransient } from '@parvis/bus/errors'
import { PAGE_DEFAULT } from '@parvis/contracts/limits'
import { Refusal } from '@parvis/service/problem-answer'
import { type Piece, type PieceQuestion, pieceOf } from '@parvis/storage/read-wall'
import type { Cache } from '@parvis/storage/redis'
import { readWindow, windowKeys } from '@parvis/storage/window'
import { ANSWER_MS, type AskWall } from './ask-wall.ts'
import { firstOf, slice } from './channel-memory.ts'
import type { Channel, Channels } from './channels.ts'
import type { Limits } from './limits.ts'
import { type ReadyPage, readyPage } from './ready-page.ts'

export type PageAnswer = (ReadyPage | { page: Piece; body?: undefined }) & {
  source: 'memory' | 'redis' | 'mysql'
  /** Nobody who knows MySQL could be asked: this is what Redis last knew. */
  stale?: boolean
}

/**
 * Reads a page of a channel: from memory, else from Redis, else from MySQL through a cache-worker; and when nobody
 * answers within a second, what Redis last knew, marked stale. Rejects with a Refusal: 503 when there is nothing, 429
 * when the address has asked for too much that is not in memory.
 */
export function createReadPage(needs: {
  channels: Channels
  ask: AskWall
  cache: Cache
  limits: Pick<Limits, 'read'>
  prefix: string
}) {
  const { channels, ask, cache, limits, prefix } = needs

  async function fromRedis({ channel, before, after, limit }: PieceQuestion) {
    const lowest = after === undefined ? 1 : after + 1
    const highest = after === undefined ? (before ?? Number.MAX_SAFE_INTEGER) - 1 : after + limit
    const window = await cache.attempt((redis) =>
      readWindow(redis, windowKeys(prefix, channel), { lowest, highest, limit }),
    )
    if (!window || (after !== undefined && after < window.first - 1)) return undefined
    const page = pieceOf({ channel, epoch: window.epoch, head: window.last }, window.entries, after)
    const whole = after !== undefined || window.entries.length >= limit || window.first === 1
    return whole ? { page, leased: window.leased } : undefined
  }

  /** The newest page of a channel, if it is in memory. */
  function newest(name: string): ReadyPage | undefined {
    const channel = channels.known(name)
    return channel?.sure ? newestPage(channel) : undefined
  }

  async function read(question: PieceQuestion, address: string): Promise<PageAnswer> {
    const known = channels.known(question.channel)
    const ready = known?.sure && fromMemory(known, question)
    if (ready) return { ...ready, source: 'memory' }
    // Before the channel is opened: a name that nobody knows yet would push another channel out of the memory.
    limits.read(address)
    const channel = known ?? channels.open(question.channel)
    // Without the broker nobody tells what changes, so no memory is trusted; otherwise it is made sure, by one reader.
    if (!channel.sure) await Promise.race([channels.sync(channel), timeout(ANSWER_MS)])
    if (channel.sure) {
      const page = fromMemory(channel, question)
      if (page) return { ...page, source: channel.source }
      await channels.deepen(channel)
      const deeper = channel.sure && fromMemory(channel, question)
      if (deeper) return { ...deeper, source: 'redis' }
    } else {
      const inRedis = await fromRedis(question)
      if (inRedis?.leased) return { page: inRedis.page, source: 'redis' }
    }
    try {
      const { channel: name, before, after, limit } = question
      const range = { limit, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
      const { epoch, entries, head = 0 } = await ask.piece(name, range)
      return { page: pieceOf({ channel: name, epoch, head }, entries, after), source: 'mysql' }
    } catch (error) {
      if (!isTransient(error)) throw error
      const inRedis = await fromRedis(question)
      if (inRedis) return { page: inRedis.page, source: 'redis', stale: true }
      throw new Refusal('not-available', 'the wall cannot be read at the moment', { retryAfterS: 1 })
    }
  }

  return { newest, read }
}

function fromMemory(channel: Channel, question: PieceQuestion): ReadyPage | { page: Piece } | undefined {
  const { before, after, limit } = question
  if (before === undefined && after === undefined && limit === PAGE_DEFAULT) return newestPage(channel)
  const page = sliceOf(channel, question)
  return page && { page }
}

/** Encoded once, until the next post. */
function newestPage(channel: Channel): ReadyPage | undefined {
  const { memory } = channel
  if (memory.newest) return memory.newest
  const page = sliceOf(channel, { channel: channel.name, limit: PAGE_DEFAULT })
  memory.newest = page && readyPage(page, Buffer.from(JSON.stringify(page)))
  return memory.newest
}

function sliceOf(channel: Channel, { before, after, limit }: PieceQuestion): Piece | undefined {
  const { memory, name } = channel
  const head = memory.last
  const where = { channel: name, epoch: memory.epoch, head }
  const first = firstOf(memory)
  if (after !== undefined) {
    if (after < first - 1) return undefined
    return pieceOf(where, slice(memory, after + 1, after + limit), after)
  }
  const end = Math.min(head, (before ?? head + 1) - 1)
  const begin = Math.max(1, end - limit + 1)
  if (end >= begin && begin < first) return undefined
  return pieceOf(where, slice(memory, begin, end), undefined)
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
