import { FRAME_BYTES } from '@parvis/contracts/limits'
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
  const parts: RunPart[] = []
  let from = 0
  while (from < entries.length) {
    let bytes = 1024
    let to = from
    while (to < entries.length) {
      bytes += Buffer.byteLength(JSON.stringify(entries[to])) + 1
      if (bytes > FRAME_BYTES && to > from) break
      to++
    }
    const part = entries.slice(from, to)
    parts.push({ frame: readyFrame(updatedText(channel, epoch, part, part[0]!.seq)), last: part.at(-1)!.seq })
    from = to
  }
  return parts
}

/** A `wall.updated` for one reader; without entries it says that the reader has all. */
export function updatedText(channel: string, epoch: string | null, entries: readonly Entry[], first: number): string {
  const last = first + entries.length - 1
  return JSON.stringify({ type: 'wall.updated', channel, epoch, first, last, cachedAt: Date.now(), entries })
}
