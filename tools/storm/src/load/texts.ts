import type { Random } from '../random.ts'
import type { Sent } from './journal.ts'

/** A post that review must refuse: six links. */
const SIX_LINKS = Array.from({ length: 6 }, (_, n) => `https://${n}.example/`).join(' ')

const words =
  'place parvis pierre rosace été naïve 東京 café 🎉 👩‍👩‍👧 ὀδός @ada @bob https://parvis.example/ "quoted" \\back <b>'.split(
    ' ',
  )

/** What people write: mostly short, now and then long, one in fifty not fit. */
export function nextText(random: Random, count: number): Pick<Sent, 'text' | 'fate'> {
  const chance = random.next()
  if (chance < 0.02) return { text: `${count} ${SIX_LINKS}`, fate: 'refused' }
  const length = chance < 0.05 ? random.between(200, 450) : random.between(2, 12)
  const picked: string[] = []
  let links = 0
  let mentions = 0
  for (let n = 0; n < length; n++) {
    const word = random.pick(words)
    if (word.startsWith('https') && ++links > 5) continue
    if (word.startsWith('@') && ++mentions > 10) continue
    picked.push(length > 100 ? 'é' : word)
  }
  return { text: `${count} ${picked.join(length > 100 ? '' : ' ')}`, fate: 'stored' }
}
