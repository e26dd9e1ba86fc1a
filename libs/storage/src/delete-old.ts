import type { Mysql } from './mysql.ts'

/**
 * Deletes the rows of a table whose `column`, ms since 1970, is longer ago than `keptMs`, in pieces, until none is left: a
 * DELETE of millions would hold its locks and its undo log for minutes.
 * @param most rows a piece
 */
export async function deleteOld(
  mysql: Mysql,
  { table, column, keptMs, most }: { table: string; column: string; keptMs: number; most: number },
): Promise<void> {
  for (;;) {
    // What a DELETE gives back is no rows.
    const outcome: unknown = await mysql.query('DELETE FROM ?? WHERE ?? < ? LIMIT ?', [
      table,
      column,
      Date.now() - keptMs,
      most,
    ])
    if ((outcome as { affectedRows: number }).affectedRows < most) return
  }
}
