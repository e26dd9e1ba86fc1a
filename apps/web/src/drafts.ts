import type { KeyValueStore } from './key-value-store.ts'

/** What is being written, per channel. It outlives a reload and a change of channel. */
export interface Drafts {
  get(channel: string): string
  set(channel: string, text: string): void
  /** @returns a function that ends it */
  subscribe(listener: () => void): () => void
}

export function createDrafts(store: KeyValueStore): Drafts {
  const listeners = new Set<() => void>()
  const key = (channel: string) => `parvis.draft.${channel}`
  return {
    get: (channel) => store.get(key(channel)) ?? '',
    set(channel, text) {
      if (text === '') store.remove(key(channel))
      else store.set(key(channel), text)
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
