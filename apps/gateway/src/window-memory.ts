import { PAGE_DEFAULT, WINDOW_ENTRIES } from '@parvis/contracts/limits'
import { pieceOf } from '@parvis/storage/read-wall'
import type { Cache } from '@parvis/storage/redis'
import { readWindow, windowKeys } from '@parvis/storage/window'
import { type ChannelMemory, firstOf, memoryOf, memoryOfPage } from './channel-memory.ts'
import type { Channel } from './channels.ts'
import { type PageHead, readyPage } from './ready-page.ts'

// From a channel's window in Redis to this gateway's memory: the newest page at once, the rest when it is asked for.

/** A channel's newest page; undefined when its window is not vouched for, or Redis is away. */
export async function newestInRedis(cache: Cache, prefix: string, channel: string): Promise<ChannelMemory | undefined> {
  const window = await cache.attempt((redis) => readWindow(redis, windowKeys(prefix, channel), { limit: PAGE_DEFAULT }))
  if (!window?.leased || window.entries.at(-1)?.seq !== window.last) return undefined
  const { epoch, last: head, entries, json } = window
  const { entries: fitting, ...page } = pieceOf({ channel, epoch, head }, entries, undefined)
  // Larger than a page may be: its bytes cannot be taken as they are.
  if (fitting.length < entries.length) return undefined
  return memoryOfPage(readyPage(page, bodyOf(page, json)), window.first < page.first)
}

/**
 * Puts before a channel's memory what its window in Redis has before that. Entries never change within an epoch, so this
 * tells nobody anything new, whatever has come meanwhile.
 * @param room how much the memory may hold then, in characters
 */
export async function withOlder(cache: Cache, prefix: string, channel: Channel, room: number): Promise<void> {
  const { memory } = channel
  const window = await cache.attempt((redis) =>
    readWindow(redis, windowKeys(prefix, channel.name), { highest: firstOf(memory) - 1, limit: WINDOW_ENTRIES }),
  )
  memory.shallow = false
  // Shown anew meanwhile: the new memory says itself whether there is more.
  if (channel.memory !== memory || window?.epoch !== memory.epoch || !window.leased) return
  if (window.entries.at(-1)?.seq !== firstOf(memory) - 1) return
  const { epoch, entries, last, newest } = memory
  channel.memory = { ...memoryOf(epoch, [...window.entries, ...entries], last, room), newest }
}

/** The bytes of `JSON.stringify` of a page, without parsing and encoding its entries. */
function bodyOf({ channel, epoch, ...numbers }: PageHead, entries: string): Buffer {
  const [begin, end] = [JSON.stringify({ channel, epoch }).slice(0, -1), JSON.stringify(numbers).slice(1)]
  return Buffer.from(`${begin},"entries":[${entries}],${end}`)
}
