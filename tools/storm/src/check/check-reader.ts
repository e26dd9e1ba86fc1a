import type { Shown } from '../load/reader.ts'
import type { StoredFact, Violation } from './facts.ts'

/** A reader's list must be MySQL's, from its first page on, but for the pieces of which it was told. */
export function checkReader(
  { name, shown }: { name: string; shown: ReadonlyMap<string, Shown> },
  stored: ReadonlyMap<string, StoredFact[]>,
): Violation[] {
  const violations: Violation[] = []
  for (const [channel, { from, last, digests, told }] of shown) {
    const entries = stored.get(channel) ?? []
    const say = (code: string, message: string) => violations.push({ code, message: `${name}, ${channel}: ${message}` })
    if (last !== entries.length) say('reader-behind', `ends at ${last}, MySQL at ${entries.length}`)
    const unseen = entries.find(
      ({ seq }) =>
        seq >= from &&
        seq <= last &&
        digests[seq] === undefined &&
        !told.some((hole) => seq >= hole.from && seq <= hole.to),
    )
    if (unseen) say('reader-hole', `was never shown ${unseen.seq}, and not told so`)
    const wrong = digests.findIndex((digest, seq) => digest !== undefined && digest !== entries[seq - 1]?.digest)
    if (wrong >= 0) say('reader-differs', `${wrong} is not what MySQL holds`)
  }
  return violations
}
