import { createConnection, type RowDataPacket } from 'mysql2/promise'

/** Opens a way to MySQL's counters of all its statements since its start, such as `Com_select` (SHOW GLOBAL STATUS). */
export async function openSqlCounts(uri: string) {
  const connection = await createConnection({ uri })
  return {
    async read(name: 'Com_commit' | 'Com_select'): Promise<number> {
      const [rows] = await connection.query<RowDataPacket[]>('SHOW GLOBAL STATUS LIKE ?', [name])
      return Number(rows[0]?.Value)
    },
    async [Symbol.asyncDispose](): Promise<void> {
      connection.destroy()
    },
  }
}
