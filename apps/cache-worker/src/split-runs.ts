import { FRAME_BYTES } from '@parvis/contracts/limits'
import type { WireEntry } from '@parvis/storage/window'

/** Room for the other fields of a frame: a channel's name and some numbers. */
const HEAD_BYTES = 1024

/**
 * Splits entries of one channel into runs without a hole, ascending, each small enough for one frame. An event may
 * have holes: a repeat brings posts that were stored long before beside new ones.
 */
export function splitRuns(entries: readonly WireEntry[]): WireEntry[][] {
  const sorted = [...entries].sort((a, b) => a.seq - b.seq)
  const runs: WireEntry[][] = []
  let bytes = 0
  for (const entry of sorted) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (entry.seq === last?.seq) continue
    const size = Buffer.byteLength(entry.json) + 1
    if (run && last?.seq === entry.seq - 1 && bytes + size <= FRAME_BYTES - HEAD_BYTES) {
      run.push(entry)
      bytes += size
    } else {
      runs.push([entry])
      bytes = size
    }
  }
  return runs
}
