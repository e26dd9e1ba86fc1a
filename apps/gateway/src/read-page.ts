import { isTransient } from '@parvis/bus/errors'
import { PAGE_DEFAULT } from '@parvis/contracts/limits'
import type { Entry } from '@parvis/contracts/post'
import { Refusal } from '@parvis/service/problem-answer'
import type { Cache } from '@parvis/storage/redis'
import { readWindow, windowKeys } from '@parvis/storage/window'
import { ANSWER_MS, type AskWall } from './ask-wall.ts'
import { firstOf, slice } from './channel-memory.ts'
import type { Channel, Channels } from './channels.ts'

export interface Page {
  channel: string
  epoch: string | null
  entries: Entry[]
  first: number
  last: number
  /** The channel's last sequence. */
  head: number
  /** Whether there is more in the direction that was asked for. */
  hasMore: boolean
}
export interface PageQuestion {
  channel: string
  before?: number | undefined
  after?: number | undefined
  limit: number
}
export interface PageAnswer {
  page: Page
  /** The page as JSON, where it is ready. */
  body?: Buffer
  source: 'memory' | 'redis' | 'mysql'
  /** Nobody who knows MySQL could be asked: this is what Redis last knew. */
  stale?: boolean
}

/**
 * Reads a page of a channel: from memory, else from Redis, else from MySQL through a cache-worker; and when nobody
 * answers within a second, what Redis last knew, marked stale. Rejects with a Refusal (503) when there is nothing.
 */
export function createReadPage(needs: { channels: Channels; ask: AskWall; cache: Cache; prefix: string }) {
  const { channels, ask, cache, prefix } = needs

  async function fromRedis({ channel, before, after, limit }: PageQuestion) {
    const lowest = after === undefined ? 1 : after + 1
    const highest = after === undefined ? (before ?? Number.MAX_SAFE_INTEGER) - 1 : after + limit
    const window = await cache.attempt((redis) =>
      readWindow(redis, windowKeys(prefix, channel), { lowest, highest, limit }),
    )
    if (!window || (after !== undefined && after < window.first - 1)) return undefined
    const page = pageOf(channel, window.epoch, window.entries, { after, head: window.last })
    const whole = after !== undefined || window.entries.length >= limit || window.first === 1
    return whole ? { page, leased: window.leased } : undefined
  }

  return async (question: PageQuestion): Promise<PageAnswer> => {
    const channel = channels.open(question.channel)
    const wasSure = channel.sure
    // Without the broker nobody tells what changes, so no memory is trusted; otherwise it is made sure, by one reader.
    if (!wasSure) await Promise.race([channels.sync(channel), timeout(ANSWER_MS)])
    if (channel.sure) {
      const page = fromMemory(channel, question)
      if (page) return { ...page, source: wasSure ? 'memory' : channel.source }
    } else {
      const known = await fromRedis(question)
      if (known?.page && known.leased) return { page: known.page, source: 'redis' }
    }
    try {
      const { channel: name, before, after, limit } = question
      const range = { limit, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
      const { epoch, entries, head = 0 } = await ask.piece(name, range)
      return { page: pageOf(name, epoch, entries, { after, head }), source: 'mysql' }
    } catch (error) {
      if (!isTransient(error)) throw error
      const known = await fromRedis(question)
      if (known) return { page: known.page, source: 'redis', stale: true }
      throw new Refusal('not-available', 'the wall cannot be read at the moment', { retryAfterS: 1 })
    }
  }
}

function fromMemory(channel: Channel, question: PageQuestion): { page: Page; body?: Buffer } | undefined {
  const { before, after, limit } = question
  if (before === undefined && after === undefined && limit === PAGE_DEFAULT) return newestPage(channel)
  const page = sliceOf(channel, question)
  return page && { page }
}

/** What everyone asks for first: encoded once, until the next post. */
function newestPage(channel: Channel): { page: Page; body: Buffer } | undefined {
  const { memory } = channel
  if (memory.newest) return memory.newest
  const page = sliceOf(channel, { channel: channel.name, limit: PAGE_DEFAULT })
  memory.newest = page && { page, body: Buffer.from(JSON.stringify(page)) }
  return memory.newest
}

function sliceOf(channel: Channel, { before, after, limit }: PageQuestion): Page | undefined {
  const { memory, name } = channel
  const head = memory.last
  const first = firstOf(memory)
  if (after !== undefined) {
    if (after < first - 1) return undefined
    return pageOf(name, memory.epoch, slice(memory, after + 1, after + limit), { after, head })
  }
  const end = Math.min(head, (before ?? head + 1) - 1)
  const begin = Math.max(1, end - limit + 1)
  if (end >= begin && begin < first) return undefined
  return pageOf(name, memory.epoch, slice(memory, begin, end), { head })
}

function pageOf(
  channel: string,
  epoch: string | null,
  entries: Entry[],
  { after, head }: { after?: number | undefined; head: number },
): Page {
  const onwards = after !== undefined
  const first = entries[0]?.seq ?? (onwards ? after + 1 : 0)
  const last = entries.at(-1)?.seq ?? (onwards ? after : 0)
  return { channel, epoch, entries, first, last, head, hasMore: onwards ? last < head : first > 1 }
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
