import { type DatabaseUser, type TableRights, tableRights, tableRightsOf } from '@parvis/storage/table-rights'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { passwordOf } from './secrets.ts'
import { PlainError } from './servers.ts'

const USERS = Object.keys(tableRights) as DatabaseUser[]

// Users belong to the whole server: walls that share one make them one after the other, each in some 50 ms.
const LOCK = 'parvis.accounts'
const LOCK_S = 60

/**
 * The database's address as each service's own user, from the administrator's. Passwords follow from the
 * administrator's, so that walls which share a server agree on them.
 */
export function databaseAddresses(administrator: string): Record<DatabaseUser, string> {
  const addresses = USERS.map((user) => {
    const address = new URL(administrator)
    address.password = passwordOf(`database user ${user}`, decodeURIComponent(address.password))
    address.username = user
    return [user, address.href]
  })
  return Object.fromEntries(addresses)
}

/**
 * Makes the users of `databaseAddresses`, or gives them these passwords again, with the rights in this one database
 * that their services need, and no others there. The tables must be there.
 * @param messageStore where gateways keep what the broker does not take (MESSAGE_STORE)
 */
export async function makeDatabaseAccounts(administrator: string, messageStore?: string): Promise<void> {
  const addresses = databaseAddresses(administrator)
  const database = decodeURIComponent(new URL(administrator).pathname.slice(1))
  const connection = await createConnection({ uri: administrator, connectTimeout: 10_000 })
  try {
    await withLock(connection, async () => {
      for (const user of USERS) {
        const password = new URL(addresses[user]).password
        await connection.query("CREATE USER IF NOT EXISTS ?@'%' IDENTIFIED BY ?", [user, password])
        await connection.query("ALTER USER ?@'%' IDENTIFIED BY ?", [user, password])
        await setRights(connection, { user, database, wanted: tableRightsOf(user, messageStore) })
      }
    })
  } catch (error) {
    throw new PlainError(`MySQL refused to make the services' users: ${(error as Error).message}`)
  } finally {
    connection.destroy()
  }
}

/** Drops a database together with the services' rights in it, which the server would keep for ever. */
export async function dropDatabase(administrator: string, database: string): Promise<void> {
  const connection = await createConnection({ uri: administrator, connectTimeout: 10_000 })
  try {
    await withLock(connection, async () => {
      for (const user of USERS) await setRights(connection, { user, database, wanted: {} })
    })
    await connection.query('DROP DATABASE ??', [database])
  } finally {
    connection.destroy()
  }
}

/** Grants what is lacking and revokes what is too much, so that nobody who has it all notices. */
async function setRights(
  connection: Connection,
  { user, database, wanted }: { user: DatabaseUser; database: string; wanted: TableRights },
): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS name, PRIVILEGE_TYPE AS what FROM information_schema.TABLE_PRIVILEGES
      WHERE TABLE_SCHEMA = ? AND GRANTEE = ?`,
    [database, `'${user}'@'%'`],
  )
  const has = new Set(rows.map(({ name, what }) => `${what} ${name}`))
  for (const [table, rights] of Object.entries(wanted)) {
    const lacking = rights.filter((right) => !has.delete(`${right} ${table}`))
    if (lacking.length > 0) {
      await connection.query(`GRANT ${lacking.join(', ')} ON ??.?? TO ?@'%'`, [database, table, user])
    }
  }
  for (const tooMuch of has) {
    const [right, table] = tooMuch.split(/ (?=\S+$)/)
    await connection.query(`REVOKE ${right} ON ??.?? FROM ?@'%'`, [database, table, user])
  }
}

async function withLock(connection: Connection, work: () => Promise<void>): Promise<void> {
  const [[lock]] = await connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, ?) AS taken', [LOCK, LOCK_S])
  if (lock?.taken !== 1) throw new Error(`another program is making users since ${LOCK_S} s or more`)
  try {
    await work()
  } finally {
    await connection.query('DO RELEASE_LOCK(?)', [LOCK])
  }
}
