import { inChunks, withField } from '@parvis/contracts/in-chunks'
import type { WallUpdatedFrame } from '@parvis/contracts/live-protocol'
import type { Entry } from '@parvis/contracts/post'
import { type ChannelMemory, slice } from './channel-memory.ts'
import { readyFrame } from './ready-frame.ts'

/** A part of a run as the bytes of a whole WebSocket frame, and where it ends. */
export interface RunPart {
  frame: Buffer
  last: number
}

/** Runs kept ready, each at most what a memory holds, about 1.5 MiB; the longest unused goes first. */
const MOST_READY = 16

/**
 * What a reader that has everything up to `after` has missed of a channel in memory. Kept for the next who asks: when a
 * gateway dies, ten thousand come for the same run, and to encode it anew for each takes longer than all else. Entries
 * never change within an epoch, so what is kept never grows old.
 */
export function createMissedRuns() {
  const ready = new Map<string, readonly RunPart[]>()
  return (channel: string, memory: ChannelMemory, after: number): readonly RunPart[] => {
    const key = `${memory.epoch} ${after} ${memory.last} ${channel}`
    const run = ready.get(key) ?? runOf(channel, memory.epoch, slice(memory, after + 1, memory.last))
    ready.delete(key)
    ready.set(key, run)
    if (ready.size > MOST_READY) ready.delete(ready.keys().next().value!)
    return run
  }
}

/** Entries without a hole as frames of at most 512 KiB, an entry at least. */
export function runOf(channel: string, epoch: string | null, entries: readonly Entry[]): RunPart[] {
  let last = (entries[0]?.seq ?? 1) - 1
  return inChunks(entries).map(({ json, count }) => {
    const first = last + 1
    last += count
    return { frame: readyFrame(updatedText({ channel, epoch, first, last, cachedAt: Date.now() }, json)), last }
  })
}

/** A `wall.updated` for readers; with `[]` for entries it says that the reader has all. */
export function updatedText(head: Omit<WallUpdatedFrame, 'type' | 'entries'>, entries: string): string {
  const { channel, epoch, first, last, cachedAt } = head
  return withField({ type: 'wall.updated', channel, epoch, first, last, cachedAt }, 'entries', entries)
}
