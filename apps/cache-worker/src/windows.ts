import { WINDOW_ENTRIES } from '@parvis/contracts/limits'
import type { Mysql } from '@parvis/storage/mysql'
import { type Piece, readPiece } from '@parvis/storage/read-wall'
import type { Cache } from '@parvis/storage/redis'
import { renewWindow, type WireEntry, windowKeys, writeWindow } from '@parvis/storage/window'

/** The write side of Redis: this process and its like alone change windows. Redis away or slow: skipped, never awaited. */
export function createWindows({ mysql, cache, prefix }: { mysql: Mysql; cache: Cache; prefix: string }) {
  const keysOf = (channel: string) => windowKeys(prefix, channel)

  /** Reads the newest entries from MySQL and makes the window anew from them. Rejects when MySQL cannot be read. */
  async function reload(channel: string): Promise<Piece> {
    const piece = await readPiece(mysql, { channel, limit: WINDOW_ENTRIES })
    const { epoch, entries } = piece
    const keys = keysOf(channel)
    if (epoch === null || entries.length === 0) await cache.attempt((redis) => redis.del(...keys))
    else {
      const wire = entries.map((entry) => ({ seq: entry.seq, json: JSON.stringify(entry) }))
      await cache.attempt((redis) => writeWindow(redis, keys, epoch, wire, 'replace'))
    }
    return piece
  }

  return {
    reload,
    /** Adds a run to its window; a gap, of which an empty window is one, reloads it. */
    async append(channel: string, epoch: string, run: readonly WireEntry[]): Promise<void> {
      const keys = keysOf(channel)
      const outcome = await cache.attempt((redis) =>
        writeWindow(redis, keys, epoch, run, 'apply').catch(async (error: Error) => {
          // One that is slow may yet write it, and where none is reached the lease ends by itself.
          if (error.name !== 'ReplyError') throw error
          // It has refused, say for lack of memory, but takes this: what is there is no longer the newest.
          await redis.del(keys[2])
        }),
      )
      // MySQL away too: then nobody renews the lease, and readers ask.
      if (outcome === 'gap') await reload(channel).catch(() => {})
    },
    /** Renews the lease of a window that ends where MySQL does, and reloads one that does not. */
    async renew(channel: string, position: { epoch: string; last: number; readAt: number }): Promise<void> {
      const renewed = await cache.attempt((redis) => renewWindow(redis, keysOf(channel), position))
      if (renewed === false) await reload(channel)
    },
  }
}
export type Windows = ReturnType<typeof createWindows>
