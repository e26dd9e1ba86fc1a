import type { KeyValueStore } from './key-value-store.ts'

/**
 * What is being written, per channel. It outlives a reload and a change of channel. A tab that writes keeps its own text,
 * whatever another one keeps under the same name; one in which nothing was written shows what was kept last, as both do
 * after a reload.
 */
export interface Drafts {
  get(channel: string): string
  set(channel: string, text: string): void
  /** Another tab has kept something, or removed it. */
  onKeptChange(): void
  /** @returns a function that ends it */
  subscribe(listener: () => void): () => void
}

export function createDrafts(store: KeyValueStore): Drafts {
  const listeners = new Set<() => void>()
  /** What was written in this tab. */
  const own = new Map<string, string>()
  const key = (channel: string) => `parvis.draft.${channel}`
  const get = (channel: string) => own.get(channel) ?? store.get(key(channel)) ?? ''
  const tell = () => {
    for (const listener of listeners) listener()
  }
  return {
    get,
    set(channel, text) {
      const before = get(channel)
      own.set(channel, text)
      if (text !== '') store.set(key(channel), text)
      // What another tab has kept since is its own.
      else if (store.get(key(channel)) === before) store.remove(key(channel))
      tell()
    },
    onKeptChange() {
      // What another tab was done with has made room for what is being written here.
      for (const [channel, text] of own)
        if (text !== '' && store.get(key(channel)) === undefined) store.set(key(channel), text)
      tell()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
