import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A JSON file in a home, readable by its owner only: it holds passwords. All at once, not awaited: what has begun must be
 * on record before anything else happens.
 */
export function stateFile<T>(name: string) {
  const fileOf = (home: string) => join(home, name)
  return {
    /** What the file says, or undefined when there is none: nothing is up. */
    read(home: string): T | undefined {
      try {
        return JSON.parse(readFileSync(fileOf(home), 'utf8'))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    /** Replaces it in one step. */
    write(home: string, state: T): void {
      const file = fileOf(home)
      writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
      renameSync(`${file}.new`, file)
    },
    remove(home: string): void {
      rmSync(fileOf(home), { force: true })
    },
  }
}
