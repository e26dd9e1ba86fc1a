import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import type { KeyValueStore } from './key-value-store.ts'
import { firstLanguage, keepLanguage, type Language } from './language.ts'
import { type Messages, messages } from './messages.ts'
import { type ProblemKey, problemWords } from './problem-words.ts'

export interface Words {
  language: Language
  /** The language as the reader's region writes its dates: `en-GB` for `en`. */
  locale: string
  t: Messages
  problem(key: ProblemKey): string
  setLanguage(language: Language): void
}

const Context = createContext<Words | undefined>(undefined)

export function LanguageProvider({ store, children }: { store: KeyValueStore; children: ReactNode }) {
  const [language, setLanguage] = useState(() => firstLanguage(store, navigator.languages))
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  const words = useMemo<Words>(
    () => ({
      language,
      locale: navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${language}-`)) ?? language,
      t: messages[language],
      // A newer gateway may know a code that this page does not.
      problem: (key) => problemWords[language][key] ?? problemWords[language]['post-refused'],
      setLanguage(next) {
        keepLanguage(store, next)
        setLanguage(next)
      },
    }),
    [language, store],
  )
  return <Context value={words}>{children}</Context>
}

export function useWords(): Words {
  const words = useContext(Context)
  if (!words) throw new Error('useWords needs a LanguageProvider around it')
  return words
}
