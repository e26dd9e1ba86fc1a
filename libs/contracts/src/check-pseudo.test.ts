import fc from 'fast-check'
import { ANONYMOUS } from './anonymous.ts'
import { checkPseudo } from './check-pseudo.ts'

test.each([
  // The examples of RFC 8266, section 3.
  ['a plain name', 'Foo', 'Foo'],
  ['a name of several words', 'Foo Bar', 'Foo Bar'],
  ['blanks around and between', '  foo   bar ', 'foo bar'],
  ['Greek that begins with a capital', 'Σ', 'Σ'],
  ['Greek that ends with a final sigma', 'ς', 'ς'],
  ['a sign', '♚', '♚'],
  ['a compatibility character', 'Richard Ⅳ', 'Richard IV'],
  ['full width', 'Ａｄａ', 'Ada'],
  ['a blank of another width', 'a\u3000b', 'a b'],
  ['a letter and its accent apart', 'e\u0301', 'é'],
  ['an emoji with joiners', '👩‍🚀', '👩‍🚀'],
  ['Japanese, written in three scripts and Latin', '山田たろうタロ Jr', '山田たろうタロ Jr'],
  ['Korean with Han', '金철수', '金철수'],
  ['all Cyrillic', 'Алиса', 'Алиса'],
  ['30 letters', 'é'.repeat(30), 'é'.repeat(30)],
  ['the name of nobody', ANONYMOUS, ANONYMOUS],
])('takes %s', (_what, raw, pseudo) => {
  expect(checkPseudo(raw)).toEqual({ pseudo })
})

test.each([
  ['nothing', ''],
  ['blanks', ' \u3000 '],
  ['accents without a letter', '\u0301\u0301'],
  ['31 letters', 'é'.repeat(31)],
  ['30 graphemes of more than 120 bytes', '👩‍🚀'.repeat(12)],
  ['half of a character', 'a\ud83d'],
  ['a line feed', 'a\nb'],
  ['a zero width space', 'a\u200bb'],
  ['a soft hyphen', 'a\u00adb'],
  ['a Hangul filler', '\u3164'],
  ['a Hangul filler before a letter', '\u1160a'],
  ['Braille without a dot', '\u2800\u2800'],
  ['an override of the direction', 'a\u202eb'],
  ['a tag character', `a${String.fromCodePoint(0xe0061)}`],
  ['a private use character', 'a\ue000'],
  ['five marks on a letter', 'a\u0301\u0302\u0303\u0304\u0306'],
  ['Latin with a Cyrillic а', 'аlice'],
  ['Greek with Latin', 'Αda'],
  ['Latin with Arabic digits', 'Ada٣'],
  ['Cyrillic with Han', 'Я金'],
  ['Korean with Japanese', '철ひ'],
])('refuses %s, naming the field', (_what, raw) => {
  expect(checkPseudo(raw)).toMatchObject({ fault: { code: 'pseudo-not-fit', field: 'pseudo' } })
})

test('what it gives it takes again, unchanged', () => {
  const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(names, (raw) => {
      const once = checkPseudo(raw)
      if ('fault' in once) return
      expect(checkPseudo(once.pseudo)).toEqual(once)
      expect(Buffer.byteLength(once.pseudo)).toBeLessThanOrEqual(120)
    }),
    { numRuns: 500 },
  )
})
