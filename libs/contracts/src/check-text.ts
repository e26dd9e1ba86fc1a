import { countGraphemes } from 'unicode-segmenter/grapheme'
import { TEXT_BYTES, TEXT_GRAPHEMES } from './limits.ts'
import type { ProblemCode } from './problems.ts'

/** What is wrong with a value: the code, the field, and a sentence that names the limit. */
export interface Fault {
  code: ProblemCode
  field: string
  message: string
}

// C0 and C1 controls but tab, line feed and carriage return, which a textarea makes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: to refuse them is the point
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/
// Overrides and isolates can show a text in another order than it is stored in (Trojan Source, CVE-2021-42574).
const bidiOverrides = /[\u202a-\u202e\u2066-\u2069]/
// Nor Braille without a dot.
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]/u
const encoder = new TextEncoder()

/**
 * Whether a text may be posted: 1 to 500 graphemes, at most 4 KiB of UTF-8, something visible in it, no lone
 * surrogates, control characters or bidi overrides. The same check on every road: form, HTTP, socket, broker.
 * @returns the first fault, or undefined for a fit text
 */
export function checkText(text: string): Fault | undefined {
  // Cheap bounds first: no UTF-16 string over 4096 units fits into 4096 bytes, so graphemes are never counted in a huge one.
  const bytes = text.length > TEXT_BYTES ? text.length : encoder.encode(text).length
  if (bytes > TEXT_BYTES) return fault('text-too-long', `at most ${TEXT_BYTES} bytes of UTF-8`)
  if (!text.isWellFormed()) return fault('text-not-fit', 'no lone surrogates (half of a character)')
  if (!visible.test(text)) return fault('text-empty', '1 character at least, not only blanks')
  if (controls.test(text)) return fault('text-not-fit', 'no control characters')
  if (bidiOverrides.test(text)) return fault('text-not-fit', 'no characters that override the direction of writing')
  const graphemes = countGraphemes(text)
  if (graphemes > TEXT_GRAPHEMES) {
    return fault('text-too-long', `at most ${TEXT_GRAPHEMES} characters, this one has ${graphemes}`)
  }
  return undefined
}

function fault(code: ProblemCode, message: string): Fault {
  return { code, field: 'text', message: `text: ${message}` }
}
