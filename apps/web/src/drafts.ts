import type { KeyValueStore } from './key-value-store.ts'

/**
 * What is being written, per channel. It outlives a reload and a change of channel. Kept texts are read once: another tab
 * keeps its own under the same name, and must not replace what is being written in this one. After a reload both have
 * what was kept last.
 */
export interface Drafts {
  get(channel: string): string
  set(channel: string, text: string): void
  /** @returns a function that ends it */
  subscribe(listener: () => void): () => void
}

export function createDrafts(store: KeyValueStore): Drafts {
  const listeners = new Set<() => void>()
  const held = new Map<string, string>()
  const key = (channel: string) => `parvis.draft.${channel}`
  return {
    get(channel) {
      const text = held.get(channel) ?? store.get(key(channel)) ?? ''
      held.set(channel, text)
      return text
    },
    set(channel, text) {
      held.set(channel, text)
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
