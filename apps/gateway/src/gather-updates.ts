import { FRAME_BYTES, WINDOW_ENTRIES } from '@parvis/contracts/limits'
import type { WallUpdated } from '@parvis/contracts/wall-updated'

interface Gathered {
  update: WallUpdated
  /** The bytes as they came; undefined when there are several updates in it. */
  frame: Buffer | undefined
  bytes: number
}

/** A broadcast that took this much of a processor, some 2,000 writes, is followed by a rest as long as that, */
const SHORT_MS = 10
/** and at most so long. Without it a gateway would write all the time, and the rest of the machine would wait for it. */
const REST_MS = 50
/** More sockets than this since the last broadcast are a crowd that comes back, say from a gateway that has died. */
const CROWD = 200
/** Then it rests four times as long as it took, at most so long: while it broadcasts nobody comes in. */
const CROWD_REST_MS = 250

/**
 * Makes one update of those that came for a channel within two turns of the event loop, or while it rests. An idle
 * gateway passes each on at once; one that is busy, say writing to ten thousand sockets, finds several at the end of it
 * and writes them together: the more there is to do, the less a post costs. At most 500 entries and 512 KiB a piece.
 * @param pass gets each piece, with its bytes where they are as they came
 * @param arrived how many sockets have come so far
 */
export function gatherUpdates(pass: (update: WallUpdated, frame: Buffer | undefined) => void, arrived: () => number) {
  let waiting = new Map<string, Gathered>()
  let restUntil = 0
  let arrivedBefore = 0

  function passAll(): void {
    const all = waiting
    waiting = new Map()
    const before = cpuMs()
    for (const { update, frame } of all.values()) pass(update, frame)
    const took = cpuMs() - before
    const crowd = arrived() - arrivedBefore > CROWD
    arrivedBefore = arrived()
    const restMs = crowd ? Math.min(4 * took, CROWD_REST_MS) : Math.min(took, REST_MS)
    restUntil = took < SHORT_MS ? 0 : performance.now() + restMs
  }

  function passSoon(): void {
    const restMs = restUntil - performance.now()
    // A turn later: posts that came in with it go to the broker before a thousand writes, not after.
    if (restMs <= 0) setImmediate(setImmediate, passAll)
    else setTimeout(passAll, restMs)
  }

  return (update: WallUpdated, frame: Buffer): void => {
    if (waiting.size === 0) passSoon()
    const before = waiting.get(update.channel)
    if (before && continues(before, update, frame)) {
      if (before.frame) before.update = { ...before.update, entries: [...before.update.entries] }
      before.update.entries.push(...update.entries)
      before.update.last = update.last
      before.update.cachedAt = update.cachedAt
      before.bytes += frame.length
      before.frame = undefined
      return
    }
    if (before) pass(before.update, before.frame)
    waiting.set(update.channel, { update, frame, bytes: frame.length })
  }
}

/** Not the clock: a short broadcast that had to wait for a processor is still a short one. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function continues({ update: before, bytes }: Gathered, update: WallUpdated, frame: Buffer): boolean {
  const follows = update.epoch === before.epoch && update.first === before.last + 1
  const fits = bytes + frame.length <= FRAME_BYTES && update.last - before.first < WINDOW_ENTRIES
  return follows && fits
}
