// The table that the two peers with a database share: what a monolith's author would make.
import { createPool } from 'mysql2/promise'

// The number is the channel's order; the client's own id makes a repeated post the same post.
const TABLE = `CREATE TABLE IF NOT EXISTS posts (
  seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  channel VARCHAR(64) NOT NULL,
  client_id CHAR(36) CHARACTER SET ascii NOT NULL UNIQUE,
  author VARCHAR(64) NOT NULL,
  text TEXT NOT NULL,
  created_at BIGINT UNSIGNED NOT NULL,
  KEY channel_seq (channel, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`

const INSERT = 'INSERT INTO posts (channel, client_id, author, text, created_at) VALUES (?, ?, ?, ?, ?)'
const FIND = 'SELECT seq, created_at AS createdAt FROM posts WHERE client_id = ?'

/** Makes the table in the database at `url`, and gives the function that stores a post there. */
export async function openStore(url, connections) {
  const pool = createPool({ uri: url, connectionLimit: connections, maxIdle: connections })
  await pool.query(TABLE)

  /**
   * Stores a post: one prepared INSERT, which commits by itself; resolves after the commit. A post whose client id is
   * known gives the one that was stored then, and `isNew` false: it must not be shown again.
   */
  return async function storePost({ channel, id, author, text }) {
    const createdAt = Date.now()
    try {
      const [{ insertId }] = await pool.execute(INSERT, [channel, id, author, text, createdAt])
      return { isNew: true, post: { seq: insertId, id, channel, author, text, createdAt } }
    } catch (error) {
      if (error.code !== 'ER_DUP_ENTRY') throw error
      const [[stored]] = await pool.execute(FIND, [id])
      return { isNew: false, post: { ...stored, id, channel, author, text } }
    }
  }
}
