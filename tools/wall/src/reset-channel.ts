import { isTransient } from '@parvis/bus/errors'
import { newEpoch } from '@parvis/storage/epoch'
import type { Mysql } from '@parvis/storage/mysql'

/** Entries removed by one statement: it has 8 s, and a channel may have millions of them. */
const PIECE = 10_000
/** How often to try again when a writer has the row for too long, or the connection is lost. */
const TRIES = 5

interface ChannelRow {
  id: number
  last_seq: number
}

interface Reset {
  removed: number
  epoch: string
}

/**
 * Begins a channel anew: in one transaction its entries are removed, its sequence goes back to 0 and it gets another
 * epoch, by which every reader knows that its cursors mean nothing here any more. The row is locked first, as by a
 * writer: a batch in work ends in the old epoch and is removed with it, or waits and begins the new one.
 * @returns how many entries were removed; undefined for a channel that nobody has posted to
 */
export async function resetChannel(mysql: Mysql, channel: string): Promise<Reset | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await resetOnce(mysql, channel)
    } catch (error) {
      if (!isTransient(error) || attempt === TRIES) throw error
    }
  }
}

function resetOnce(mysql: Mysql, channel: string): Promise<Reset | undefined> {
  return mysql.transaction(async (query) => {
    const [row] = await query<ChannelRow>('SELECT id, last_seq FROM channels WHERE name = ? FOR UPDATE', [channel])
    if (!row) return undefined
    for (let from = 0; from < row.last_seq; from += PIECE) {
      await query('DELETE FROM entries WHERE channel_id = ? AND seq BETWEEN ? AND ?', [row.id, from + 1, from + PIECE])
    }
    const epoch = newEpoch()
    await query('UPDATE channels SET epoch = ?, last_seq = 0, floor = 0, changed_at = ? WHERE id = ?', [
      epoch,
      // So that the cache-workers count it among the channels that changed lately, and tell its position.
      Date.now(),
      row.id,
    ])
    return { removed: row.last_seq, epoch }
  })
}
