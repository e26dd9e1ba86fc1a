import type { Ground } from '@parvis/stack/ground'
import { createConnection, type RowDataPacket } from 'mysql2/promise'

export interface StoredPosts extends AsyncDisposable {
  /** Where all channels end, added up: cheap, so it may be asked again and again. */
  numbered(): Promise<number>
  /** The rows, counted: exact, and slow on a large wall. */
  rows(): Promise<number>
  /** Empties the wall but for its channels' rows, whose ids a db-writer remembers. */
  forget(): Promise<void>
}

/** Looks into the wall's database on a connection of its own. */
export async function openStoredPosts(ground: Ground): Promise<StoredPosts> {
  const connection = await createConnection({ uri: ground.servers.mysql.url })
  const one = async (sql: string) => {
    const [rows] = await connection.query<RowDataPacket[]>(sql)
    return Number(rows[0]?.n ?? 0)
  }
  return {
    numbered: () => one('SELECT SUM(last_seq) AS n FROM channels'),
    rows: () => one('SELECT COUNT(*) AS n FROM entries'),
    async forget() {
      await connection.query('TRUNCATE TABLE entries')
      await connection.query('UPDATE channels SET last_seq = 0')
    },
    [Symbol.asyncDispose]: () => connection.end(),
  }
}
