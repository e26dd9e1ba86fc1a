import { newEpoch } from '@parvis/storage/epoch'
import type { Mysql } from '@parvis/storage/mysql'

export interface ChannelIds {
  /** The ids of channels' rows, by their names; a channel that is new gets its row, in a transaction of its own. */
  of(names: string[]): Promise<number[]>
  /** These are not what they were: the database has been restored, or made anew. */
  forget(names: string[]): void
}

/** Ids hardly ever change, so they are remembered; at this many all are forgotten, and read again as they come. */
const MOST_KNOWN = 100_000

export function createChannelIds(mysql: Mysql): ChannelIds {
  const known = new Map<string, number>()

  async function read(names: string[], into: Map<string, number>): Promise<void> {
    if (names.length === 0) return
    const rows = await mysql.query<{ id: number; name: string }>('SELECT id, name FROM channels WHERE name IN (?)', [
      names,
    ])
    for (const { id, name } of rows) into.set(name, id)
  }

  async function make(names: string[]): Promise<void> {
    if (names.length === 0) return
    // Another writer may make the same row at the same moment: whichever is first, both then read it.
    await mysql.query('INSERT INTO channels (name, epoch) VALUES ? ON DUPLICATE KEY UPDATE id = id', [
      names.map((name) => [name, newEpoch()]),
    ])
  }

  return {
    async of(names) {
      // Of its own: another batch may forget all while this one waits for MySQL.
      const ids = new Map(names.flatMap((name) => (known.has(name) ? [[name, known.get(name)!]] : [])))
      const absent = () => names.filter((name) => !ids.has(name))
      await read(absent(), ids)
      const unmade = absent()
      await make(unmade)
      await read(unmade, ids)
      if (known.size > MOST_KNOWN) known.clear()
      for (const [name, id] of ids) known.set(name, id)
      return names.map((name) => ids.get(name)!)
    },
    forget(names) {
      for (const name of names) known.delete(name)
    },
  }
}
