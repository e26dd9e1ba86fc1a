import { isTransient } from '@parvis/bus/errors'
import { Refusal } from '@parvis/service/problem-answer'
import { type EntryRow, entryColumns, entryOf, uuidBytes } from '@parvis/storage/entry-row'
import type { Mysql } from '@parvis/storage/mysql'

/** What became of a post: stored, refused or parked; undefined when MySQL knows nothing of it (yet). */
export function createReadPost(mysql: Mysql) {
  return async (id: string) => {
    try {
      return (await stored(mysql, id)) ?? (await refused(mysql, id))
    } catch (error) {
      if (!isTransient(error)) throw error
      throw new Refusal('not-available', 'posts cannot be looked up at the moment', { retryAfterS: 2 })
    }
  }
}
export type ReadPost = ReturnType<typeof createReadPost>

async function stored(mysql: Mysql, id: string) {
  const [row] = await mysql.query<EntryRow & { name: string; epoch: string }>(
    `SELECT ${entryColumns}, c.name, c.epoch FROM entries e JOIN channels c ON c.id = e.channel_id WHERE e.id = ?`,
    [uuidBytes(id)],
  )
  if (!row) return undefined
  const { seq, post } = entryOf(row, row.name)
  return { status: 'stored' as const, seq, epoch: row.epoch, ...post }
}

async function refused(mysql: Mysql, id: string) {
  const [row] = await mysql.query<{ status: 'refused' | 'parked'; code: string; message: string }>(
    'SELECT status, code, message FROM refusals WHERE id = ?',
    [uuidBytes(id)],
  )
  return row && { id, status: row.status, code: row.code, message: row.message }
}
