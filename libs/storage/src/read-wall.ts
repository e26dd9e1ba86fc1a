import { FRAME_BYTES } from '@parvis/contracts/limits'
import type { Entry } from '@parvis/contracts/post'
import { type EntryRow, entryColumns, entryOf } from './entry-row.ts'
import type { Mysql } from './mysql.ts'

/** Where a channel ends; epoch null and last 0 for one that nobody has posted to. */
export interface Position {
  channel: string
  epoch: string | null
  last: number
}

/** A contiguous piece of a channel, ascending, and whether there is more in the direction that was asked for. */
export interface Piece extends Omit<Position, 'last'> {
  entries: Entry[]
  first: number
  last: number
  /** The channel's last sequence. */
  head: number
  hasMore: boolean
}

export interface PieceQuestion {
  channel: string
  /** The newest entries before this one; the newest of all when neither is given. */
  before?: number | undefined
  /** The oldest entries after this one. */
  after?: number | undefined
  limit: number
}

interface ChannelRow {
  id: number
  name: string
  epoch: string
  last_seq: number
}

export async function readPositions(mysql: Mysql, channels: readonly string[]): Promise<Position[]> {
  if (channels.length === 0) return []
  const rows = await mysql.query<ChannelRow>('SELECT id, name, epoch, last_seq FROM channels WHERE name IN (?)', [
    channels,
  ])
  const byName = new Map(rows.map((row) => [row.name, row]))
  return channels.map((channel) => {
    const row = byName.get(channel)
    return { channel, epoch: row?.epoch ?? null, last: row?.last_seq ?? 0 }
  })
}

/** The channels with new entries since a time (ms), the latest first. */
export async function readChangedPositions(mysql: Mysql, since: number, most: number): Promise<Position[]> {
  const rows = await mysql.query<ChannelRow>(
    'SELECT id, name, epoch, last_seq FROM channels WHERE changed_at >= ? ORDER BY changed_at DESC LIMIT ?',
    [since, most],
  )
  return rows.map((row) => ({ channel: row.name, epoch: row.epoch, last: row.last_seq }))
}

/** Reads a piece of a channel from MySQL: at most `limit` entries, and as many of them as fit. */
export async function readPiece(mysql: Mysql, question: PieceQuestion): Promise<Piece> {
  const { channel, before, after, limit } = question
  const [row] = await mysql.query<ChannelRow>('SELECT id, name, epoch, last_seq FROM channels WHERE name = ?', [
    channel,
  ])
  if (!row) return { channel, epoch: null, entries: [], first: 0, last: 0, head: 0, hasMore: false }
  // Bounded by the position just read, so that entries and head are of one moment: what a transaction commits between
  // the two statements is left to the next answer.
  const onwards = after !== undefined
  const range = onwards ? [after + 1, row.last_seq] : [1, Math.min(row.last_seq, (before ?? row.last_seq + 1) - 1)]
  const rows = await mysql.query<EntryRow>(
    `SELECT ${entryColumns} FROM entries e WHERE e.channel_id = ? AND e.seq BETWEEN ? AND ?
     ORDER BY e.seq ${onwards ? 'ASC' : 'DESC'} LIMIT ?`,
    [row.id, ...range, limit],
  )
  const entries = rows.map((each) => entryOf(each, channel))
  if (!onwards) entries.reverse()
  return pieceOf({ channel, epoch: row.epoch, head: row.last_seq }, entries, after)
}

/**
 * The piece of these entries, ascending, that is at most 512 KiB of JSON, wherever they were read: what does not fit is
 * left out at the end that is farther from the question, and `hasMore` says so. One without any still says where it lies.
 */
export function pieceOf(
  { channel, epoch, head }: Pick<Piece, 'channel' | 'epoch' | 'head'>,
  found: Entry[],
  after: number | undefined,
): Piece {
  const onwards = after !== undefined
  const entries = thatFit(found, onwards ? 'oldest' : 'newest')
  const first = entries[0]?.seq ?? (onwards ? after + 1 : 0)
  const last = entries.at(-1)?.seq ?? (onwards ? after : 0)
  return { channel, epoch, entries, first, last, head, hasMore: onwards ? last < head : first > 1 }
}

/** Room for the other fields of a body. */
const HEAD_BYTES = 1024
/** More than an entry takes beside its text, and for each UTF-16 unit of that: its links and mentions repeat it. */
const MOST_BESIDE = 1_000
const MOST_PER_UNIT = 9

/** As many entries as fit into a body of 512 KiB, one at least. @param end whose they are, of ascending ones */
export function thatFit(entries: Entry[], end: 'oldest' | 'newest'): Entry[] {
  // Most pages are far below it, and to measure them would take as long as to encode them.
  const most = entries.reduce((sum, { post }) => sum + MOST_BESIDE + MOST_PER_UNIT * post.text.length, HEAD_BYTES)
  if (most <= FRAME_BYTES) return entries
  let bytes = HEAD_BYTES
  const over = (end === 'oldest' ? entries : entries.toReversed()).findIndex((entry, index) => {
    bytes += Buffer.byteLength(JSON.stringify(entry)) + 1
    return index > 0 && bytes > FRAME_BYTES
  })
  if (over === -1) return entries
  return end === 'oldest' ? entries.slice(0, over) : entries.slice(-over)
}
