import type { ProblemCode } from '@parvis/contracts/problems'
import { LinkifyIt } from 'linkify-it'

export interface ReviewSettings {
  /** Folded by `fold`; a post that has one of them as a whole word is refused. */
  wordsNotWanted: readonly string[]
}

export type Verdict =
  | { fit: true; mentions: string[]; links: string[] }
  | { fit: false; code: ProblemCode; message: string }

const MOST_LINKS = 5
const MOST_MENTIONS = 10
// Marks beyond four on one letter ("zalgo") climb over the neighbouring posts. The two joiners are invisible and do not
// end a letter.
const pileOfMarks = /\p{M}(?:[\u200c\u200d]*\p{M}){4}/u
const mention = /(?<![\p{L}\p{M}\p{N}_@])@([\p{L}\p{N}_][\p{L}\p{M}\p{N}_-]{0,29})/gu
const word = /[\p{L}\p{N}]+/gu

// Only addresses that say http or https: "etc.is" in a sentence is no link.
const linkify = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false })
  .add('mailto:', null)
  .add('ftp:', null)
  .add('//', null)

/** A short list, French and English, of words that have no harmless reading. A host sets a list of their own. */
export const defaultWordsNotWanted = [
  ...['connard', 'connasse', 'enculé', 'enculée', 'salope', 'pétasse', 'fuck', 'fucking', 'motherfucker', 'asshole'],
  ...['bitch', 'cunt', 'nigger', 'faggot', 'bougnoule', 'youpin'],
]

/** Folds a word so that case, accents and width do not matter: `ENCULÉ` and `encule` are one. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
}

/**
 * Whether a text is fit for the wall, and what it mentions and links. Depends on the text and the settings alone, so a
 * post that is reviewed twice gets the same verdict.
 */
export function review(text: string, settings: ReviewSettings): Verdict {
  if (pileOfMarks.test(text.normalize('NFD')))
    return refuse('too-many-marks', 'text: at most 4 combining marks on a letter')
  const found = linkify.match(text) ?? []
  const links = [...new Set(found.map(({ raw }) => raw))]
  if (found.length > MOST_LINKS) {
    return refuse('too-many-links', `text: at most ${MOST_LINKS} links, this one has ${found.length}`)
  }
  const mentions = [...new Set([...text.matchAll(mention)].map(([, name]) => name ?? ''))]
  if (mentions.length > MOST_MENTIONS) {
    return refuse('too-many-mentions', `text: at most ${MOST_MENTIONS} mentions, this one has ${mentions.length}`)
  }
  const words = new Set(fold(text).match(word))
  // The word itself is not repeated: the message is shown on a screen.
  if (settings.wordsNotWanted.some((unwanted) => words.has(unwanted))) {
    return refuse('words-not-wanted', 'text: a word in it is not wanted on this wall')
  }
  return { fit: true, mentions, links }
}

function refuse(code: ProblemCode, message: string): Verdict {
  return { fit: false, code, message }
}
