import { withField } from '@parvis/contracts/in-chunks'
import type { Outgoing } from '@parvis/contracts/outgoing'
import type { Entry } from '@parvis/contracts/post'
import type { StoredPost } from '@parvis/contracts/post-stored'
import { wallUpdated } from '@parvis/contracts/wall-updated'
import type { ThreadPool } from '@parvis/service/thread-pool'
import type { WireEntry } from '@parvis/storage/window'
import { splitRuns } from './split-runs.ts'
import type { Windows } from './windows.ts'

interface ChannelBatch {
  channel: string
  epoch: string
  entries: WireEntry[]
}

/**
 * PostStored → the channel's window in Redis → WallUpdated. The update goes out whatever Redis said, also for a repeat:
 * readers drop what they have.
 */
export function onPostStored({ windows, pool }: { windows: Windows; pool: ThreadPool<Entry, string> }) {
  return async (posts: readonly StoredPost[]): Promise<Outgoing[]> => {
    const texts = await pool.run(posts.map(({ seq, kind, epoch: _, ...post }) => ({ seq, kind, post })))
    const batches = new Map<string, ChannelBatch>()
    for (const [i, { channel, epoch, seq }] of posts.entries()) {
      const key = `${channel} ${epoch}`
      const batch = batches.get(key) ?? { channel, epoch, entries: [] }
      batches.set(key, batch)
      batch.entries.push({ seq, json: texts[i]! })
    }
    const updates: Outgoing[] = []
    for (const { channel, epoch, entries } of batches.values()) {
      for (const run of splitRuns(entries)) {
        await windows.append(channel, epoch, run)
        updates.push(updateOf(channel, epoch, run))
      }
    }
    return updates
  }
}

function updateOf(channel: string, epoch: string, run: WireEntry[]): Outgoing {
  const [first, last] = [run[0]!.seq, run.at(-1)!.seq]
  const head = { type: 'wall.updated', channel, epoch, first, last, cachedAt: Date.now() }
  return wallUpdated(withField(head, 'entries', `[${run.map(({ json }) => json).join(',')}]`))
}
