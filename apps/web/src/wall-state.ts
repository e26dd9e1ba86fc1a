import type { WallPosition, WallSnapshot, WallUpdatedFrame } from '@parvis/contracts/live-protocol'
import type { Entry } from '@parvis/contracts/post'

// One channel's wall as this page holds it: a run of entries without a hole. Pure: frames in, a new wall out.

/** The most entries held. Beyond it live entries push out the oldest, which can be loaded again. */
export const MOST_ENTRIES = 5_000

export interface Wall {
  channel: string
  /** False until the first answer; nothing is known of the channel then. */
  known: boolean
  /** null: nobody has posted here yet. */
  epoch: string | null
  /** Ascending, each sequence one more than the one before, every post in its newest known form. */
  entries: readonly Entry[]
  /** The newest sequence held, 0 for none: the cursor to go on from. */
  last: number
  /** Whether there are older entries to load. */
  hasMore: boolean
  /** Ids of posts that were removed. */
  removed: ReadonlySet<string>
}

export type WallFrame = WallSnapshot | WallUpdatedFrame | WallPosition

/** A page of older entries: the answer of `GET /posts?before=`. */
export interface OlderPage {
  channel: string
  epoch: string | null
  entries: Entry[]
  hasMore: boolean
}

/**
 * What a frame meant: `applied`; `nothing-new`; `gap`: something is missing or the channel was begun anew, so
 * subscribe again from what is held; `ahead`: the channel is further than this wall, which heals by itself or,
 * if it has not within 2 s, by subscribing again.
 */
export type Outcome = 'applied' | 'nothing-new' | 'gap' | 'ahead'

export function emptyWall(channel: string): Wall {
  return { channel, known: false, epoch: null, entries: [], last: 0, hasMore: false, removed: new Set() }
}

export function applyFrame(wall: Wall, frame: WallFrame): { wall: Wall; outcome: Outcome } {
  if (frame.channel !== wall.channel) return { wall, outcome: 'nothing-new' }
  if (frame.type === 'wall.snapshot') return { wall: applySnapshot(wall, frame), outcome: 'applied' }
  if (!wall.known) return { wall, outcome: 'gap' }
  if (frame.type === 'wall.position') {
    if (wall.last > 0 && frame.epoch !== wall.epoch) return { wall, outcome: 'gap' }
    return { wall, outcome: frame.last > wall.last ? 'ahead' : 'nothing-new' }
  }
  // An empty wall has no epoch of its own to defend: it takes the one of the first entry.
  if (wall.last > 0 && frame.epoch !== wall.epoch) return { wall, outcome: 'gap' }
  if (frame.last <= wall.last) return { wall, outcome: 'nothing-new' }
  const tail = frame.entries.filter((entry) => entry.seq > wall.last)
  if (tail.length === 0 || !follows(tail, wall.last)) return { wall, outcome: 'gap' }
  return { wall: append({ ...wall, epoch: frame.epoch }, tail), outcome: 'applied' }
}

/** Puts a page of older entries before what is held; a page that does not join on is left out. */
export function applyOlder(wall: Wall, page: OlderPage): Wall {
  const oldest = wall.entries[0]?.seq
  if (page.channel !== wall.channel || page.epoch !== wall.epoch || oldest === undefined) return wall
  const older = page.entries.filter((entry) => entry.seq < oldest)
  if (older.length === 0) return { ...wall, hasMore: page.hasMore && wall.hasMore && page.entries.length > 0 }
  if (!follows([...older, wall.entries[0]!], older[0]!.seq - 1)) return wall
  // What is held may be newer than the page, which was read before it came: it is put over the page again.
  return rewrite({ ...wall, entries: [...older, ...wall.entries], hasMore: page.hasMore }, wall.entries)
}

function applySnapshot(wall: Wall, frame: WallSnapshot): Wall {
  const fresh = append(
    { ...emptyWall(wall.channel), known: true, epoch: frame.epoch, hasMore: frame.hasMore, last: frame.first - 1 },
    frame.entries,
  )
  const whole = { ...fresh, last: frame.entries.length > 0 ? fresh.last : frame.last }
  // A refresh that was read before our newest entries came must not take them away again.
  if (frame.reason !== 'refreshed' || frame.epoch !== wall.epoch || !wall.known) return whole
  const newer = wall.entries.filter((entry) => entry.seq > whole.last)
  return newer.length > 0 && follows(newer, whole.last) ? append(whole, newer) : whole
}

function append(wall: Wall, tail: readonly Entry[]): Wall {
  if (tail.length === 0) return wall
  const grown = [...wall.entries, ...tail]
  const entries = grown.length > MOST_ENTRIES ? grown.slice(-MOST_ENTRIES) : grown
  const last = tail.at(-1)!.seq
  return rewrite({ ...wall, entries, last, hasMore: wall.hasMore || entries.length < grown.length }, tail)
}

/** Puts the edits and removals among `changes`, ascending, over the posts that they are about. */
function rewrite(wall: Wall, changes: readonly Entry[]): Wall {
  const forms = new Map<string, Entry>()
  for (const change of changes) if (change.kind !== 'post') forms.set(change.post.id, change)
  if (forms.size === 0) return wall
  const removed = new Set(wall.removed)
  for (const change of changes) if (change.kind === 'removal') removed.add(change.post.id)
  const entries = wall.entries.map((entry) => {
    const form = forms.get(entry.post.id)
    return form && entry.kind === 'post' ? { ...entry, post: form.post } : entry
  })
  return { ...wall, entries, removed }
}

function follows(entries: readonly Entry[], last: number): boolean {
  return entries.every((entry, i) => entry.seq === last + 1 + i)
}
