import { newEpoch } from '@parvis/storage/epoch'
import type { Mysql } from '@parvis/storage/mysql'

/** The ids of channels' rows, by their names; a channel that is new gets its row, in a transaction of its own. */
export type ChannelIds = (names: string[]) => Promise<number[]>

/** Ids never change, so they are remembered; at this many all are forgotten, and read again as they come. */
const MOST_KNOWN = 100_000

export function createChannelIds(mysql: Mysql): ChannelIds {
  const known = new Map<string, number>()

  async function read(names: string[]): Promise<void> {
    const rows = await mysql.query<{ id: number; name: string }>('SELECT id, name FROM channels WHERE name IN (?)', [
      names,
    ])
    for (const { id, name } of rows) known.set(name, id)
  }

  return async (names) => {
    if (known.size > MOST_KNOWN) known.clear()
    const unknown = names.filter((name) => !known.has(name))
    if (unknown.length > 0) await read(unknown)
    const absent = unknown.filter((name) => !known.has(name))
    if (absent.length > 0) {
      // Another writer may make the same row at the same moment: whichever is first, both then read it.
      await mysql.query('INSERT INTO channels (name, epoch) VALUES ? ON DUPLICATE KEY UPDATE id = id', [
        absent.map((name) => [name, newEpoch()]),
      ])
      await read(absent)
    }
    return names.map((name) => known.get(name)!)
  }
}
