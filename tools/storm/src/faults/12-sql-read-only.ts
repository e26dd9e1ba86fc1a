import { createConnection } from 'mysql2/promise'
import type { World } from '../world.ts'
import type { Fault } from './fault.ts'

/** As while another server takes over, or before one is upgraded: reads go on, whatever writes is refused (1290). */
export const sqlReadOnly: Fault = {
  number: 12,
  name: '12-sql-read-only',
  title: 'MySQL is read-only for 8 s',
  touches: ['mysql'],
  holdMs: 8_000,
  inject: (world) => setReadOnly(world, 'ON'),
  heal: (world) => setReadOnly(world, 'OFF'),
}

async function setReadOnly({ servers }: World, to: 'ON' | 'OFF'): Promise<void> {
  const connection = await createConnection({ uri: servers.mysql.directUrl() })
  try {
    await connection.query(`SET GLOBAL read_only = ${to}`)
  } finally {
    await connection.end()
  }
}
