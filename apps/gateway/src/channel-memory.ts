import { PAGE_DEFAULT, WINDOW_ENTRIES } from '@parvis/contracts/limits'
import type { Entry } from '@parvis/contracts/post'
import type { ReadyPage } from './ready-page.ts'

/** Text that one channel's memory may hold at most; with longer posts it holds fewer of them. */
const MEMORY_CHARACTERS = 1024 * 1024

/** The newest entries of a channel, contiguous, as this gateway knows them. */
export interface ChannelMemory {
  epoch: string | null
  entries: Entry[]
  /** What the entries hold, about. */
  characters: number
  /** The newest page as it is asked for most, ready to be sent; forgotten when anything changes. */
  newest: ReadyPage | undefined
  /** What a new reader is sent, as the bytes of a frame; forgotten likewise. */
  fresh: Buffer | undefined
  /** Redis may have more of the channel's newest 500 than this. */
  shallow: boolean
  /** The channel's last sequence that this gateway knows; 0 for a channel that nobody has posted to. */
  last: number
}

export function emptyMemory(): ChannelMemory {
  return { epoch: null, entries: [], last: 0, characters: 0, newest: undefined, fresh: undefined, shallow: false }
}

/** The sequence of the oldest entry in memory; one after the last when there is none. */
export function firstOf(memory: ChannelMemory): number {
  return memory.entries[0]?.seq ?? memory.last + 1
}

/** Whether a reader who has all up to `after`, or nothing, or far too little, can be answered from this memory alone. */
export function reaches(memory: ChannelMemory, after: number | undefined): boolean {
  if (after === undefined || memory.last - after > WINDOW_ENTRIES) return true
  return after <= memory.last && after >= firstOf(memory) - 1
}

/**
 * Adds entries that follow the last one without a hole, and forgets the oldest beyond 500, or beyond so many characters.
 * @param room characters that it may hold, about; never more than 1 Mi, and the newest page stays in any case
 */
export function append(memory: ChannelMemory, entries: readonly Entry[], room = MEMORY_CHARACTERS): void {
  const most = Math.min(room, MEMORY_CHARACTERS)
  memory.entries.push(...entries)
  memory.last = entries.at(-1)?.seq ?? memory.last
  memory.newest = undefined
  memory.fresh = undefined
  for (const entry of entries) memory.characters += charactersOf(entry)
  let drop = 0
  while (
    memory.entries.length - drop > WINDOW_ENTRIES ||
    (memory.characters > most && drop < memory.entries.length - PAGE_DEFAULT)
  ) {
    memory.characters -= charactersOf(memory.entries[drop]!)
    drop++
  }
  if (drop > 0) memory.entries.splice(0, drop)
}

/** About what an entry takes: its text, and as much as all its other fields. */
function charactersOf({ post }: Entry): number {
  return post.text.length + 400
}

/** Makes a memory of a piece that ends where the channel does. */
export function memoryOf(epoch: string | null, entries: readonly Entry[], head: number, room?: number): ChannelMemory {
  const memory: ChannelMemory = { ...emptyMemory(), epoch }
  append(memory, entries, room)
  memory.last = head
  return memory
}

/**
 * A memory of a channel's newest page and no more. Its entries are parsed when someone wants one: V8 copies what lives on
 * again and again, and a thousand channels that were read once, as objects, made it stop for 40 to 170 ms at a time.
 */
export function memoryOfPage(newest: ReadyPage, shallow: boolean): ChannelMemory {
  const { page, body } = newest
  const memory = { ...emptyMemory(), epoch: page.epoch, last: page.head, newest, shallow }
  return Object.defineProperty(memory, 'entries', {
    configurable: true,
    enumerable: true,
    get() {
      const { entries, characters } = memoryOf(page.epoch, JSON.parse(body.toString()).entries, page.head)
      Object.defineProperty(memory, 'entries', { value: entries, writable: true })
      memory.characters = characters
      return entries
    },
  })
}

/** Entries from `lowest` to `highest`, both included, as far as they are in memory. */
export function slice(memory: ChannelMemory, lowest: number, highest: number): Entry[] {
  const first = firstOf(memory)
  return memory.entries.slice(Math.max(0, lowest - first), Math.max(0, highest - first + 1))
}
