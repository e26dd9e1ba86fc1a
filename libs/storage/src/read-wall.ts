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

/**
 * Reads a piece of a channel from MySQL: at most `limit` entries and 512 KiB of JSON; what does not fit is left out at
 * the end that is farther from the question, and `hasMore` says so.
 */
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
  const entries = thatFit(rows.map((each) => entryOf(each, channel)))
  if (!onwards) entries.reverse()
  return pieceOf({ channel, epoch: row.epoch, head: row.last_seq }, entries, after)
}

/** What a piece says of its entries; one without any still says where it lies. */
export function pieceOf(
  { channel, epoch, head }: Pick<Piece, 'channel' | 'epoch' | 'head'>,
  entries: Entry[],
  after: number | undefined,
): Piece {
  const onwards = after !== undefined
  const first = entries[0]?.seq ?? (onwards ? after + 1 : 0)
  const last = entries.at(-1)?.seq ?? (onwards ? after : 0)
  return { channel, epoch, entries, first, last, head, hasMore: onwards ? last < head : first > 1 }
}

function thatFit(entries: Entry[]): Entry[] {
  let bytes = 1024
  const end = entries.findIndex((entry) => {
    bytes += Buffer.byteLength(JSON.stringify(entry)) + 1
    return bytes > FRAME_BYTES
  })
  return end <= 0 ? entries : entries.slice(0, end)
}
