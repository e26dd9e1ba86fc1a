import fc from 'fast-check'
import { checkText } from './check-text.ts'

const family = '👨‍👩‍👧‍👦'
const fourKiB = '😀'.repeat(499) + '\u0301'.repeat((4096 - 499 * 4) / 2)

test.each([
  ['one letter', 'a'],
  ['500 letters', 'a'.repeat(500)],
  ['163 emoji of seven code points each, under 4 KiB', family.repeat(163)],
  ['500 letters with their accents apart', 'e\u0301'.repeat(500)],
  ['exactly 4 KiB', fourKiB],
  ['several lines with tabs', 'one\r\n\ttwo\n\nthree'],
  ['Arabic and Hebrew, which run right to left by themselves', 'سلام שלום'],
  ['a direction mark, which overrides nothing', 'שלום\u200f!'],
  ['a blank kept by a visible sign', '\u3000.\u3000'],
])('takes %s', (_what, text) => {
  expect(checkText(text)).toBeUndefined()
})

test.each([
  ['nothing', '', 'text-empty'],
  ['blanks', ' \t\n', 'text-empty'],
  ['blanks of other widths', '\u00a0\u1680\u2003\u202f\u3000', 'text-empty'],
  ['what is never drawn: joiners, soft hyphen, fillers', '\u200b\u200d\u2060\u00ad\u3164\ufeff\u2800', 'text-empty'],
  ['501 letters', 'a'.repeat(501), 'text-too-long'],
  ['501 letters with their accents apart', 'e\u0301'.repeat(501), 'text-too-long'],
  ['few graphemes of more than 4 KiB', family.repeat(164), 'text-too-long'],
  ['4 KiB and one byte', `${fourKiB}a`, 'text-too-long'],
  ['a million letters', 'a'.repeat(1_000_000), 'text-too-long'],
  ['the first half of a pair', 'a\ud83d', 'text-not-fit'],
  ['the second half of a pair', '\ude00a', 'text-not-fit'],
  ['NUL', 'a\u0000', 'text-not-fit'],
  ['escape', '\u001b[31mred', 'text-not-fit'],
  ['delete', 'a\u007f', 'text-not-fit'],
  ['a C1 control', 'a\u0085', 'text-not-fit'],
  ['an override of the direction', 'a\u202ecba', 'text-not-fit'],
  ['an isolate', '\u2066a\u2069', 'text-not-fit'],
])('refuses %s, naming the field', (_what, text, code) => {
  const fault = checkText(text)
  expect(fault).toMatchObject({ code, field: 'text' })
  expect(fault?.message).toMatch(/^text: /)
})

test('a refusal names the limit', () => {
  expect(checkText('a'.repeat(501))?.message).toBe('text: at most 500 characters, this one has 501')
  expect(checkText(family.repeat(164))?.message).toBe('text: at most 4096 bytes of UTF-8')
})

test('whatever it takes fits into 4 KiB, survives UTF-8 and JSON, and shows something', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      if (checkText(text)) return
      const bytes = Buffer.from(text)
      expect(bytes.length).toBeLessThanOrEqual(4096)
      expect(bytes.toString()).toBe(text)
      expect(JSON.parse(JSON.stringify(text))).toBe(text)
      expect(text.trim()).not.toBe('')
    }),
  )
})
