import type { Ground } from '@parvis/stack/ground'
import { createConnection } from 'mysql2/promise'
import { POST_TEXT } from './writers.ts'

/** Rows made by one statement: its undo log stays small, and progress can be told. */
const AT_ONCE = 100_000

// 0 to 99,999, on MySQL and MariaDB alike.
const DIGITS = `(${[...'0123456789'].map((digit) => `SELECT ${digit} AS d`).join(' UNION ALL ')})`
const NUMBERS = `
  CREATE TEMPORARY TABLE bench_numbers (n INT UNSIGNED PRIMARY KEY)
  SELECT a.d * 10000 + b.d * 1000 + c.d * 100 + d.d * 10 + e.d AS n
  FROM ${[...'abcde'].map((name) => `${DIGITS} ${name}`).join(' CROSS JOIN ')}`

/**
 * Makes channels `<name>-0`, `<name>-1`, … of so many posts each straight in MySQL, as db-writer would have left them:
 * up to 10 million posts in all. Stops early, with fewer posts in the last channel, when `limitMs` is over.
 * @returns how many posts there are in all
 */
export async function makeWall(
  ground: Ground,
  wanted: { name: string; channels: number; posts: number; limitMs?: number; log?: (line: string) => void },
): Promise<number> {
  const { name, channels, posts, limitMs = Number.POSITIVE_INFINITY, log = () => {} } = wanted
  const connection = await createConnection({ uri: ground.servers.mysql.url, namedPlaceholders: true })
  try {
    const now = Date.now()
    const names = Array.from({ length: channels }, (_, n) => [`${name}-${n}`, 'bench', 0, now])
    await connection.query('INSERT INTO channels (name, epoch, last_seq, changed_at) VALUES ?', [names])
    await connection.query(NUMBERS)
    const all = channels * posts
    const started = performance.now()
    let done = 0
    while (done < all && performance.now() - started < limitMs) {
      const to = Math.min(all, done + AT_ONCE)
      await connection.query(ROWS, { posts, text: POST_TEXT, now, name: `${name}-`, from: done, to })
      done = to
      if (done % 1_000_000 === 0) log(`${done.toLocaleString('en')} of ${all.toLocaleString('en')} posts made`)
    }
    const last = 'SELECT channel_id, MAX(seq) AS last_seq FROM entries GROUP BY channel_id'
    await connection.query(`UPDATE channels c JOIN (${last}) e ON e.channel_id = c.id SET c.last_seq = e.last_seq`)
    return done
  } finally {
    await connection.end()
  }
}

/** One row for each number from `from` to `to`: number n is post n % posts + 1 of channel n / posts. */
const ROWS = `
  INSERT INTO entries
    (channel_id, seq, kind, id, client_id, via, author, text, search_text, created_at, reviewed_at, stored_at)
  SELECT c.id, (:from + b.n) % :posts + 1, 0, UNHEX(LPAD(HEX(c.id * 100000000 + :from + b.n), 32, '0')),
    UNHEX(LPAD(HEX(:from + b.n), 32, '0')), 0, 'Bench', :text, :text, :now, :now, :now
  FROM bench_numbers b JOIN channels c ON c.name = CONCAT(:name, (:from + b.n) DIV :posts)
  WHERE b.n < :to - :from ORDER BY b.n`
