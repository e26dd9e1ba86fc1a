import { type ClientState, initialState } from './client-state.ts'
import { outboxId, writeOutbox } from './kept-outbox.ts'
import type { KeyValueStore } from './key-value-store.ts'
import * as box from './outbox.ts'
import type { Wall } from './wall-state.ts'

export type ClientStore = ReturnType<typeof createClientStore>

/**
 * The state of one page: who listens to it, what of it outlives the page, and what follows from a change of it.
 * @param store where the outbox is kept
 */
export function createClientStore(store: KeyValueStore, channel: string, now: number) {
  const listeners = new Set<() => void>()
  let state = initialState(store, channel, now)

  function set(change: Partial<ClientState>): void {
    state = { ...state, ...change }
    for (const listener of listeners) listener()
  }

  function setOutbox(outbox: box.Outbox): void {
    if (outbox === state.outbox) return
    writeOutbox(store, state.outbox, outbox)
    set({ outbox })
  }

  return {
    get: () => state,
    set,
    setOutbox,
    /** Own posts that the wall shows leave the outbox in the same moment, so that none is on the screen twice. */
    setWall(wall: Wall): void {
      const fresh = wall.entries === state.wall.entries ? [] : wall.entries
      const { outbox, seen } = box.seenOnWall(state.outbox, fresh)
      set({ wall, ...(seen.size > 0 && { mine: new Map([...state.mine, ...seen]) }) })
      setOutbox(outbox)
    },
    /** Another tab saw a post of this outbox on the wall, or discarded it. */
    onKeptChange(key: string | null): void {
      const id = outboxId(key)
      if (id === undefined || key === null || store.get(key) !== undefined) return
      set({ outbox: box.discard(state.outbox, id) })
    },
    /** @returns a function that ends it */
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
