import type { KeyValueStore } from './key-value-store.ts'

const languages = ['fr', 'en'] as const
export type Language = (typeof languages)[number]

const KEY = 'parvis.language'

/**
 * The language to begin in: the one chosen earlier, else the first of the browser's that the page speaks,
 * else English.
 */
export function firstLanguage(store: KeyValueStore, browserLanguages: readonly string[]): Language {
  const chosen = known(store.get(KEY))
  if (chosen) return chosen
  for (const tag of browserLanguages) {
    const language = known(tag.toLowerCase().split('-')[0])
    if (language) return language
  }
  return 'en'
}

export function keepLanguage(store: KeyValueStore, language: Language): void {
  store.set(KEY, language)
}

function known(language: string | undefined): Language | undefined {
  return languages.find((one) => one === language)
}
