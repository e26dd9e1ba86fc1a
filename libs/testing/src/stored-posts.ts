import type { Ground } from '@parvis/stack/ground'
import { createConnection, type RowDataPacket } from 'mysql2/promise'

/** What MySQL holds of a channel, in its order. */
export async function storedPosts({ servers }: Ground, channel: string): Promise<{ seq: number; text: string }[]> {
  const connection = await createConnection({ uri: servers.mysql.url })
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      'SELECT e.seq, e.text FROM entries e JOIN channels c ON c.id = e.channel_id WHERE c.name = ? ORDER BY e.seq',
      [channel],
    )
    return rows.map(({ seq, text }) => ({ seq: Number(seq), text }))
  } finally {
    await connection.end()
  }
}
