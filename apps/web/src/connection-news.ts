import type { ClientStore } from './client-store.ts'
import type { Clock } from './clock.ts'
import type { SocketState } from './live-socket.ts'
import type { Wall } from './wall-state.ts'

export interface ConnectionNews {
  lost(now: Exclude<SocketState, { name: 'open' }>): void
  /** The wall is as new as the gateway's. */
  synced(): void
  /** Another channel: what came while the wall was away is not news of this one. */
  forget(): void
}

/** Tells people how the connection is: since when it is lost, when the next try is, and what was caught up after. */
export function createConnectionNews(store: ClientStore, clock: Clock): ConnectionNews {
  /** The wall when it was last live. */
  let before: Wall | undefined

  /** Posts that came meanwhile; the reader's own are no news, and a channel that was begun anew cannot be compared. */
  function caughtUp(): number {
    const { wall, mine } = store.get()
    if (!before || (before.last > 0 && before.epoch !== wall.epoch)) return 0
    const { last } = before
    const own = wall.entries.filter(({ seq, post }) => seq > last && mine.has(post.id)).length
    return Math.max(0, wall.last - last - own)
  }

  return {
    lost(now) {
      const { connection, wall, notLiveSince } = store.get()
      if (connection === 'live') before = wall
      store.set({
        connection: now.name,
        notLiveSince: notLiveSince ?? clock.now(),
        retryAt: now.name === 'waiting' ? now.until : undefined,
        caughtUp: undefined,
      })
    },
    synced() {
      const { connection, notLiveSince } = store.get()
      if (connection === 'live') return
      const afterMs = clock.now() - (notLiveSince ?? clock.now())
      store.set({
        connection: 'live',
        notLiveSince: undefined,
        retryAt: undefined,
        caughtUp: { entries: caughtUp(), afterMs, at: clock.now() },
      })
    },
    forget() {
      before = undefined
    },
  }
}
