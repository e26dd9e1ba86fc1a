import { problems } from '@parvis/contracts/problems'
import { memoryStore } from './key-value-store.ts'
import { firstLanguage, keepLanguage } from './language.ts'
import { messages } from './messages.ts'
import { problemWords } from './problem-words.ts'

describe('the words of the page', () => {
  it('have the same keys in both languages, none empty', () => {
    expect(Object.keys(messages.fr)).toEqual(Object.keys(messages.en))
    for (const words of [...Object.values(messages.fr), ...Object.values(messages.en)]) {
      expect(typeof words === 'function' ? (words as (value: never) => string)(3 as never) : words).toMatch(/\S/)
    }
  })

  it('put into a sentence what they are given, in both languages', () => {
    for (const [key, words] of Object.entries(messages.en)) {
      const other = messages.fr[key as keyof typeof messages.fr]
      expect([key, typeof other]).toEqual([key, typeof words])
      if (typeof words !== 'function') continue
      for (const say of [words, other]) expect((say as (value: never) => string)(7 as never)).toContain('7')
    }
  })

  it('have words for every code that a gateway may give', () => {
    const codes = [...Object.keys(problems), 'not-confirmed', 'unreachable', 'outbox-full'].sort()
    expect(Object.keys(problemWords.en).sort()).toEqual(codes)
    expect(Object.keys(problemWords.fr).sort()).toEqual(codes)
  })

  it('count as each language does', () => {
    expect([messages.fr.newPosts(0), messages.fr.newPosts(2)]).toEqual(['0 nouveau message', '2 nouveaux messages'])
    expect([messages.en.newPosts(0), messages.en.newPosts(1)]).toEqual(['0 new posts', '1 new post'])
  })
})

describe('the first language', () => {
  it('is the first of the browser’s that the page speaks, else English', () => {
    expect(firstLanguage(memoryStore(), ['de-CH', 'fr-CH', 'en'])).toBe('fr')
    expect(firstLanguage(memoryStore(), ['en-GB', 'fr'])).toBe('en')
    expect(firstLanguage(memoryStore(), ['ja'])).toBe('en')
  })

  it('is the one that was chosen before', () => {
    const store = memoryStore()
    keepLanguage(store, 'fr')
    expect(firstLanguage(store, ['en'])).toBe('fr')
  })
})
