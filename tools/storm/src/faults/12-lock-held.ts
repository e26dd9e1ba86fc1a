import { withPath } from '@parvis/stack/ground'
import { type Connection, createConnection } from 'mysql2/promise'
import type { Fault } from './fault.ts'

let holder: Connection | undefined

/** An operator's forgotten transaction: each wait for it ends after 3 s (1205), and is repeated. */
export const lockHeld: Fault = {
  number: 12,
  name: '12-lock-held',
  title: "somebody holds the lock on all channels' rows for 10 s",
  touches: ['mysql'],
  holdMs: 10_000,
  async inject({ servers, vhost }) {
    holder = await createConnection({ uri: withPath(servers.mysql.directUrl(), vhost) })
    holder.on('error', () => {})
    await holder.query('START TRANSACTION')
    // In the order in which db-writers lock, or one of the two would be rolled back at once.
    await holder.query('SELECT id FROM channels FORCE INDEX (PRIMARY) ORDER BY id FOR UPDATE')
  },
  async heal() {
    holder?.destroy()
    holder = undefined
  },
}
