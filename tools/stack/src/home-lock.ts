import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Takes the home for this process, or gives undefined when another has it. The lock is SQLite's on the file `lock`:
 * the kernel lets go of it when its holder dies in whatever way, so none is ever stale.
 */
export function lockHome(home: string): Disposable | undefined {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(join(home, 'lock'))
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return { [Symbol.dispose]: () => database.close() }
  } catch (error) {
    database.close()
    const SQLITE_BUSY = 5
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined
    throw error
  }
}
