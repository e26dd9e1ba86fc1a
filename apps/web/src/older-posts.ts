import type { ClientStore } from './client-store.ts'
import { ask, type Fetch } from './http.ts'
import { applyOlder, MOST_ENTRIES, type OlderPage } from './wall-state.ts'

/** Entries that are asked for at a time. */
const OLDER_PAGE = 50

/**
 * Puts the next older page of the wall before what is held. Does nothing while one is on its way, and at the bound.
 * @param onEpochChanged the channel was begun anew, so what is held is no longer its wall
 */
export async function showOlder(store: ClientStore, fetch: Fetch, onEpochChanged: () => void): Promise<void> {
  const { wall, older } = store.get()
  const before = wall.entries[0]?.seq
  if (before === undefined || older === 'loading' || wall.entries.length >= MOST_ENTRIES) return
  store.set({ older: 'loading' })
  const query = new URLSearchParams({ channel: wall.channel, before: String(before), limit: String(OLDER_PAGE) })
  const answer = await ask<OlderPage>(fetch, 'GET', `/posts?${query}`)
  const now = store.get().wall
  // Gone to another channel meanwhile, which has begun with nothing on its way.
  if (now.channel !== wall.channel) return
  if (!answer.ok && answer.code !== 'epoch-changed') return store.set({ older: 'failed' })
  store.set({ older: 'idle' })
  if (answer.ok && answer.body.epoch === now.epoch) store.setWall(applyOlder(now, answer.body))
  else onEpochChanged()
}
