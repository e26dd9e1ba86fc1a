import type { Outgoing } from '@parvis/contracts/outgoing'
import type { Refusal } from '@parvis/contracts/post-rejected'
import { uuidBytes } from '@parvis/storage/entry-row'
import type { Mysql } from '@parvis/storage/mysql'

/** How long `GET /posts/:id` can say why a post was refused. */
const REFUSAL_KEPT_MS = 72 * 3_600_000
const PURGE_MOST = 10_000

/** PostRejected → a row that remembers it for 72 hours. The first answer stands. */
export function onPostRejected({ mysql }: { mysql: Mysql }) {
  return async (refusals: readonly Refusal[]): Promise<Outgoing[]> => {
    const rows = refusals.map(({ postId, status, code, message, at }) => [
      uuidBytes(postId),
      status,
      code.slice(0, 64),
      message.slice(0, 500),
      at,
    ])
    await mysql.query('INSERT INTO refusals (id, status, code, message, at) VALUES ? ON DUPLICATE KEY UPDATE id = id', [
      rows,
    ])
    return []
  }
}

/** Forgets refusals that are older than 72 hours, ten thousand at a time, until none is left. */
export async function purgeRefusals(mysql: Mysql): Promise<void> {
  for (;;) {
    // What a DELETE gives back is no rows.
    const outcome: unknown = await mysql.query('DELETE FROM refusals WHERE at < ? LIMIT ?', [
      Date.now() - REFUSAL_KEPT_MS,
      PURGE_MOST,
    ])
    if ((outcome as { affectedRows: number }).affectedRows < PURGE_MOST) return
  }
}
