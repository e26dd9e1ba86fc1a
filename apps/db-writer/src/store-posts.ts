import { TransientError } from '@parvis/bus/errors'
import type { ReviewedPost } from '@parvis/contracts/post-reviewed'
import type { StoredPost } from '@parvis/contracts/post-stored'
import { type EntryRow, entryColumns, entryOf, uuidOf } from '@parvis/storage/entry-row'
import type { Mysql } from '@parvis/storage/mysql'
import type { Statement } from '@parvis/storage/transaction'
import type { ChannelIds } from './channel-ids.ts'
import { rowColumns, sqlUuid } from './rows.task.ts'

interface ChannelRow {
  id: number
  name: string
  epoch: string
  last_seq: number
}

/** A post that is stored already, and where. */
type KnownRow = EntryRow & { name: string; epoch: string }

/** A post and its row's values as SQL text. */
export interface Row {
  post: ReviewedPost
  values: string
}

/**
 * Stores a batch in one transaction, of two trips, and gives each post its place in its channel's sequence.
 * The order of the steps is what keeps the sequence whole: lock the channels' rows, in the order of their ids; only
 * then look which posts are there already; number the new ones; insert plainly; commit. Until the commit the lock keeps
 * other writers out (that one process at a time consumes a partition is not a lock), so the committed sequence is
 * always 1 … last_seq. Posts that were stored before come back as they are stored.
 * Rejects with a TransientError when repeating all of it may help.
 * @returns the posts in the batch's order, each once
 */
export async function storePosts(mysql: Mysql, ids: ChannelIds, rows: readonly Row[]): Promise<StoredPost[]> {
  const names = [...new Set(rows.map(({ post }) => post.channel))]
  const channelIds = await ids.of(names)
  const reads = [
    {
      sql: 'SELECT id, name, epoch, last_seq FROM channels WHERE id IN (?) ORDER BY id FOR UPDATE',
      values: [channelIds],
    },
    // By the ids' index and in this order, whatever the optimizer thinks: it likes to begin with the channel and read
    // all of its entries, 500 µs a post on a wall of 20,000 and more on a longer one, where this takes 3 µs.
    {
      sql: `SELECT ${entryColumns}, c.name, c.epoch
        FROM entries e FORCE INDEX (entries_id) STRAIGHT_JOIN channels c ON c.id = e.channel_id
        WHERE e.id IN (${rows.map(({ post }) => sqlUuid(post.id)).join(',')})`,
    },
  ]
  return mysql.transactionInTwoTrips(reads, ([channels, known]) => {
    const byName = new Map((channels as ChannelRow[]).map((channel) => [channel.name, channel]))
    if (!names.every((name) => byName.has(name))) {
      ids.forget(names)
      throw new TransientError('channel-gone', "a channel's row is not where it was")
    }
    const stored = alreadyStored(known as KnownRow[])
    const writes = place(rows, byName, stored)
    return { writes, result: [...new Set(rows.map(({ post }) => post.id))].map((id) => stored.get(id)!) }
  })
}

/** Gives those that are not stored yet their places, adds them to `stored`, and says what makes it so. */
function place(rows: readonly Row[], byName: Map<string, ChannelRow>, stored: Map<string, StoredPost>): Statement[] {
  const storedAt = Date.now()
  const inserted: string[] = []
  for (const { post, values } of rows) {
    if (stored.has(post.id)) continue
    const channel = byName.get(post.channel)!
    const seq = ++channel.last_seq
    inserted.push(`(${channel.id},${seq},${storedAt},${values})`)
    stored.set(post.id, storedPost(post, { storedAt, seq, epoch: channel.epoch }))
  }
  if (inserted.length === 0) return []
  const channels = [...byName.values()]
  const numbered = channels.map(({ id, last_seq }) => `WHEN ${id} THEN ${last_seq}`).join(' ')
  return [
    {
      sql: `UPDATE channels SET last_seq = CASE id ${numbered} END, changed_at = ? WHERE id IN (?)`,
      values: [storedAt, channels.map(({ id }) => id)],
    },
    { sql: `INSERT INTO entries (channel_id, seq, stored_at, ${rowColumns}) VALUES ${inserted.join(',')}` },
  ]
}

/** What its row will say, and nothing else: an event may carry fields that we do not know. */
function storedPost(post: ReviewedPost, place: { storedAt: number; seq: number; epoch: string }): StoredPost {
  const { id, clientId, channel, author, text, via, mentions, links, createdAt, reviewedAt } = post
  const { storedAt, seq, epoch } = place
  return {
    id,
    clientId,
    channel,
    author,
    text,
    ...(via && { via }),
    ...(mentions && { mentions }),
    ...(links && { links }),
    createdAt,
    reviewedAt,
    storedAt,
    seq,
    kind: 'post',
    epoch,
  }
}

function alreadyStored(known: readonly KnownRow[]): Map<string, StoredPost> {
  return new Map(
    known.map((row) => {
      const { seq, kind, post } = entryOf(row, row.name)
      return [uuidOf(row.id), { ...post, seq, kind, epoch: row.epoch }]
    }),
  )
}
