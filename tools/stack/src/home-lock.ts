import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Takes the home's servers, or its wall, for this process; gives undefined when another has them. The lock is SQLite's
 * on a file of the home: the kernel lets go of it when its holder dies in whatever way, so none is ever stale.
 */
export function lockHome(home: string, what: 'servers' | 'wall' = 'servers'): Disposable | undefined {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(join(home, `${what}.lock`))
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return { [Symbol.dispose]: () => database.isOpen && database.close() }
  } catch (error) {
    database.close()
    const SQLITE_BUSY = 5
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined
    throw error
  }
}

/** True while some process has the home's servers, or its wall. */
export function isLocked(home: string, what: 'servers' | 'wall'): boolean {
  const lock = lockHome(home, what)
  lock?.[Symbol.dispose]()
  return lock === undefined
}
