import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'

/** A table of millions takes its time to migrate. */
const LOCK_S = 300
// A lock's name is known to the whole server, so the database is part of it; hashed, since it has 64 characters at most.
const LOCK = "SHA2(CONCAT('parvis.migrate ', DATABASE()), 224)"

/**
 * Brings the tables of one service up to date: runs each numbered file of `folder` once, in order, under a lock.
 * Forward only.
 * @param table which remembers the files that were run; one a service
 * @param waitMs how long to wait for a server that cannot be reached yet
 * @param lockS how long to wait for another process that is migrating
 * @param signal gives it up while it waits, and between two files; a file that has begun is run to its end
 * @returns the files that were run; rejects when another process is still migrating then
 */
export async function migrate(
  url: string,
  options: { folder: URL; table: string; waitMs?: number; lockS?: number; signal?: AbortSignal },
): Promise<string[]> {
  const { folder, table, waitMs = 60_000, lockS = LOCK_S, signal } = options
  const connection = await reach(url, Date.now() + waitMs, signal)
  const giveUp = () => connection.destroy()
  try {
    // It may have come while the connection was made.
    signal?.throwIfAborted()
    signal?.addEventListener('abort', giveUp)
    const [[lock]] = await connection.query<RowDataPacket[]>(`SELECT GET_LOCK(${LOCK}, ?) AS taken`, [lockS])
    signal?.removeEventListener('abort', giveUp)
    if (lock?.taken !== 1) throw new Error(`another process is migrating this database since ${lockS} s or more`)
    await connection.query(
      'CREATE TABLE IF NOT EXISTS ?? (name VARCHAR(100) NOT NULL, run_at BIGINT NOT NULL, PRIMARY KEY (name)) ENGINE = InnoDB',
      [table],
    )
    const [rows] = await connection.query<RowDataPacket[]>('SELECT name FROM ??', [table])
    const done = new Set(rows.map(({ name }) => name))
    const files = (await readdir(folder)).filter((name) => /^\d{3}-.*\.sql$/.test(name)).sort()
    const wanted = files.filter((name) => !done.has(name))
    for (const name of wanted) {
      signal?.throwIfAborted()
      // Definitions commit by themselves in MySQL; a file that fails half-way must be mended by hand, so keep them small.
      await connection.query(await readFile(new URL(name, folder), 'utf8'))
      await connection.query('INSERT INTO ?? (name, run_at) VALUES (?, ?)', [table, name, Date.now()])
    }
    return wanted
  } finally {
    await connection.end().catch(() => connection.destroy())
  }
}

async function reach(url: string, until: number, signal: AbortSignal | undefined): Promise<Connection> {
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await createConnection({ uri: url, multipleStatements: true, connectTimeout: 5_000 })
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(500)
    }
  }
}
