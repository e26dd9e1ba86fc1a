import { createHash } from 'node:crypto'
import { createConnection, type ResultSetHeader } from 'mysql2/promise'

/** A channel's row, put there without a writer. Its epoch is `epoch-of-<name>` unless another is given. */
export async function putChannel(url: string, name: string, posts: number, epoch = `epoch-of-${name}`): Promise<void> {
  const connection = await createConnection({ uri: url })
  const [made] = await connection.query<ResultSetHeader>(
    'INSERT INTO channels (name, epoch, last_seq, changed_at) VALUES (?)',
    [[name, epoch, posts, Date.now()]],
  )
  await putEntries(connection, { channelId: made.insertId, name, from: 1, to: posts })
  await connection.end()
}

/** Adds posts to a channel that is there, as if another process had stored them. */
export async function addPosts(url: string, name: string, count: number): Promise<void> {
  const connection = await createConnection({ uri: url })
  const [rows] = await connection.query('SELECT id, last_seq FROM channels WHERE name = ?', [name])
  const [{ id: channelId, last_seq: last }] = rows as [{ id: number; last_seq: number }]
  await putEntries(connection, { channelId, name, from: last + 1, to: last + count })
  await connection.query('UPDATE channels SET last_seq = ?, changed_at = ? WHERE id = ?', [
    last + count,
    Date.now(),
    channelId,
  ])
  await connection.end()
}

async function putEntries(
  connection: Awaited<ReturnType<typeof createConnection>>,
  { channelId, name, from, to }: { channelId: number; name: string; from: number; to: number },
): Promise<void> {
  const rows = []
  for (let seq = from; seq <= to; seq++) {
    const id = createHash('md5').update(`${name} ${seq}`).digest()
    rows.push([channelId, seq, 0, id, id, 0, 'Ada', `${name} ${seq}`, '', 1, 2, 3])
  }
  const columns =
    'channel_id, seq, kind, id, client_id, via, author, text, search_text, created_at, reviewed_at, stored_at'
  if (rows.length > 0) await connection.query(`INSERT INTO entries (${columns}) VALUES ?`, [rows])
}
