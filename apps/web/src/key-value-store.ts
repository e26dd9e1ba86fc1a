/** What outlives a reload: short texts by key. */
export interface KeyValueStore {
  get(key: string): string | undefined
  set(key: string, value: string): void
  remove(key: string): void
  /** The keys that begin with `prefix`, sorted. */
  keys(prefix: string): string[]
}

/** A store that lasts as long as the page. */
export function memoryStore(): KeyValueStore {
  const values = new Map<string, string>()
  return {
    get: (key) => values.get(key),
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
    keys: (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)).sort(),
  }
}

/**
 * The browser's localStorage; what it refuses (private mode, full, forbidden) lasts as long as the page.
 * A value lives in one of the two only, so that an old one never comes back.
 */
export function browserStore(): KeyValueStore {
  const memory = memoryStore()
  const attempt = <T>(use: (storage: Storage) => T): T | undefined => {
    try {
      return use(window.localStorage)
    } catch {
      return undefined
    }
  }
  return {
    get: (key) => memory.get(key) ?? attempt((storage) => storage.getItem(key)) ?? undefined,
    set(key, value) {
      const kept = attempt((storage) => {
        storage.setItem(key, value)
        return true
      })
      if (kept) return memory.remove(key)
      attempt((storage) => storage.removeItem(key))
      memory.set(key, value)
    },
    remove(key) {
      memory.remove(key)
      attempt((storage) => storage.removeItem(key))
    },
    keys(prefix) {
      const stored = attempt((storage) => Object.keys(storage).filter((key) => key.startsWith(prefix))) ?? []
      return [...new Set([...stored, ...memory.keys(prefix)])].sort()
    },
  }
}
