import type { ProblemCode } from '@parvis/contracts/problems'
import { readOutbox } from './kept-outbox.ts'
import type { KeyValueStore } from './key-value-store.ts'
import type { Outbox } from './outbox.ts'
import { readSession, type Session } from './session.ts'
import { emptyWall, type Wall } from './wall-state.ts'

/** Everything that the page shows. Replaced, never changed in place. */
export interface ClientState {
  wall: Wall
  outbox: Outbox
  session: Session | undefined
  /** Why the session is over, while somebody was someone. */
  sessionOver: ProblemCode | undefined
  /** `live`: the wall is as new as the gateway's. */
  connection: 'connecting' | 'live' | 'waiting'
  /** Since when the wall is not live. */
  notLiveSince: number | undefined
  /** When the next try is due, while `waiting`. */
  retryAt: number | undefined
  /** The gateway has closed the last connection for what this page is: one of another host (its close code 1008). */
  notAllowed: boolean
  /** After a loss: how many entries were caught up, how long it had lasted, and when it ended. */
  caughtUp: { entries: number; afterMs: number; at: number } | undefined
  older: 'idle' | 'loading' | 'failed'
  /** Own posts that were seen on the wall: the post's id, and the client's id that it was written under. */
  mine: ReadonlyMap<string, string>
}

/** What is known before the first answer: what an earlier page left. */
export function initialState(store: KeyValueStore, channel: string, now: number): ClientState {
  return {
    wall: emptyWall(channel),
    outbox: readOutbox(store),
    session: readSession(store),
    sessionOver: undefined,
    connection: 'connecting',
    notLiveSince: now,
    retryAt: undefined,
    notAllowed: false,
    caughtUp: undefined,
    older: 'idle',
    mine: new Map(),
  }
}
