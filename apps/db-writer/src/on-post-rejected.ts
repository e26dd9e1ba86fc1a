import type { Outgoing } from '@parvis/contracts/outgoing'
import type { Refusal } from '@parvis/contracts/post-rejected'
import { deleteOld } from '@parvis/storage/delete-old'
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

/** Forgets refusals that are older than 72 hours. */
export function purgeRefusals(mysql: Mysql): Promise<void> {
  return deleteOld(mysql, { table: 'refusals', column: 'at', keptMs: REFUSAL_KEPT_MS, most: PURGE_MOST })
}
