import { countGraphemes } from 'unicode-segmenter/grapheme'
import type { Fault } from './check-text.ts'
import { PSEUDO_BYTES, PSEUDO_GRAPHEMES } from './limits.ts'

// Symbols and punctuation a name may have beside letters, digits and emoji; no invisible or layout characters.
const refused =
  /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2060-\u206f\u2800\u3164\ufeff\uffa0\u{e0000}-\u{e007f}]/u
// Hangul fillers are letters, U+2800 (Braille without a dot) a sign: nobody would see such a name.
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{M}\u2800]/u
// More than four marks on one letter climb over the neighbouring lines.
const pileOfMarks = /\p{M}{5}/u

// Scripts that are written together, by UTS #39 section 5.2 (highly restrictive); any other mix is refused.
const together = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
]
const scripts = [
  ...new Set([
    ...together.flat(),
    ...['Cyrillic', 'Greek', 'Arabic', 'Hebrew', 'Armenian', 'Georgian', 'Devanagari', 'Bengali', 'Tamil', 'Telugu'],
    ...['Thai', 'Lao', 'Khmer', 'Ethiopic', 'Cherokee', 'Coptic', 'Gujarati', 'Gurmukhi', 'Kannada', 'Malayalam'],
    ...['Sinhala', 'Myanmar', 'Tibetan', 'Mongolian', 'Syriac', 'Thaana', 'Nko', 'Canadian_Aboriginal', 'Deseret'],
  ]),
].map((name) => ({ name, letter: new RegExp(`\\p{Script=${name}}`, 'u') }))

/**
 * A pseudo in the one spelling that is stored: a nickname by RFC 8266 (blanks trimmed and joined, NFKC).
 * @returns the pseudo, or the fault: empty, too long (30 graphemes, 120 bytes), invisible characters, mixed scripts
 */
export function checkPseudo(raw: string): { pseudo: string } | { fault: Fault } {
  if (raw.length > PSEUDO_BYTES) return tooLong
  if (!raw.isWellFormed()) return notFit('no lone surrogates (half of a character)')
  if (refused.test(raw)) return notFit('no control or invisible characters')
  const pseudo = nickname(raw)
  if (pseudo === undefined || !visible.test(pseudo)) return notFit('1 letter, digit or sign at least')
  if (countGraphemes(pseudo) > PSEUDO_GRAPHEMES || utf8Length(pseudo) > PSEUDO_BYTES) {
    return tooLong
  }
  if (pileOfMarks.test(pseudo.normalize('NFD'))) return notFit('at most 4 marks on a letter')
  if (mixesScripts(pseudo)) return notFit('letters of one script only (Latin or Cyrillic or Greek …)')
  return { pseudo }
}

const tooLong = notFit(`at most ${PSEUDO_GRAPHEMES} characters, and ${PSEUDO_BYTES} bytes of UTF-8`)

/** RFC 8266 section 2.3: blanks to U+0020, trimmed, joined, then NFKC. Not stable after one pass, so until it is. */
function nickname(raw: string): string | undefined {
  let now = raw
  for (let pass = 0; pass < 4; pass++) {
    const next = now
      .replace(/\p{Zs}+/gu, ' ')
      .trim()
      .normalize('NFKC')
    if (next === now) return next === '' ? undefined : next
    now = next
  }
  return undefined
}

function mixesScripts(pseudo: string): boolean {
  const found = scripts.filter(({ letter }) => letter.test(pseudo)).map(({ name }) => name)
  return found.length > 1 && !together.some((set) => found.every((name) => set.includes(name)))
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length
}

function notFit(message: string): { fault: Fault } {
  return { fault: { code: 'pseudo-not-fit', field: 'pseudo', message: `pseudo: ${message}` } }
}
