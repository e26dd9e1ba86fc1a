import { withPath } from '@parvis/stack/ground'
import { type Connection, createConnection } from 'mysql2/promise'
import type { World } from '../world.ts'

/** Takes the lock on all channels' rows, in a transaction that lasts until the connection is destroyed. */
export async function lockChannels({ servers, vhost }: World): Promise<Connection> {
  const holder = await createConnection({ uri: withPath(servers.mysql.directUrl(), vhost) })
  holder.on('error', () => {})
  try {
    await holder.query('START TRANSACTION')
    // In the order in which db-writers lock, or one of the two would be rolled back at once.
    await holder.query('SELECT id FROM channels FORCE INDEX (PRIMARY) ORDER BY id FOR UPDATE')
    return holder
  } catch (error) {
    holder.destroy()
    throw error
  }
}
