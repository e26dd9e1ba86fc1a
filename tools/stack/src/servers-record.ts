import type { ProcessIdentity } from './process-identity.ts'
import type { Servers } from './servers.ts'
import { stateFile } from './state-file.ts'

/** What `<home>/servers.json` says while servers run, so that others find them and a next start finds leftovers. */
export type ServersRecord = {
  supervisor: ProcessIdentity
  processes: ProcessIdentity[]
  containers: string[]
  /** Set once all of them answer. */
  servers?: Servers
}

export const { read: readRecord, write: writeRecord, remove: removeRecord } = stateFile<ServersRecord>('servers.json')
