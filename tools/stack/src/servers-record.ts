import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessIdentity } from './process-identity.ts'
import type { Servers } from './servers.ts'

/** What `<home>/servers.json` says while servers run, so that others find them and a next start finds leftovers. */
export type ServersRecord = {
  supervisor: ProcessIdentity
  processes: ProcessIdentity[]
  containers: string[]
  /** Set once all of them answer. */
  servers?: Servers
}

const fileOf = (home: string) => join(home, 'servers.json')

/** The home's record, or undefined when nothing runs there. */
export function readRecord(home: string): ServersRecord | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(home), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Replaces the record in one step. At once, not awaited: a process must be on record before anything else happens. */
export function writeRecord(home: string, record: ServersRecord): void {
  const file = fileOf(home)
  writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Says that nothing runs in this home any more. */
export function removeRecord(home: string): void {
  rmSync(fileOf(home), { force: true })
}
