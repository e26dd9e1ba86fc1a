import { pseudoSkeleton } from './pseudo-skeleton.ts'

test.each([
  ['Alice', 'ALICE', 'their case'],
  ['scope', 'ѕсоре', 'Cyrillic letters'],
  ['paypal', 'рауpаl', 'some Cyrillic letters'],
  ['Ada Lovelace', 'AdaLovelace', 'a blank'],
  ['rn', 'm', 'two letters that look like one'],
  ['l0l', 'lOl', 'a nought'],
  ['Alice', 'AIice', 'a capital I for a small l'],
  ['lll', 'I1|', 'strokes'],
  ['ada', 'ad\u200da', 'a joiner that is not seen'],
  ['e\u0301mile', '\u00e9mile', 'how the accent is written'],
])('%s and %s differ by %s alone', (one, other) => {
  expect(pseudoSkeleton(other)).toBe(pseudoSkeleton(one))
})

test.each([
  ['alice', 'alicia'],
  ['emile', 'émile'],
  ['ада', 'ada'],
  ['a1', 'a2'],
  ['😀', '😁'],
])('%s and %s are two people', (one, other) => {
  expect(pseudoSkeleton(other)).not.toBe(pseudoSkeleton(one))
})
