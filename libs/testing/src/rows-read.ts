import type { Mysql } from '@parvis/storage/mysql'

/** How many rows the server has read for this session, however it came to them. @param on a pool of one connection */
export async function rowsRead(on: Mysql): Promise<number> {
  const rows = await on.query<{ Value: string }>("SHOW SESSION STATUS LIKE 'Handler_read%'")
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0)
}
