/** A piece of a post's text; with `href` it is a link. */
export interface Piece {
  text: string
  href?: string
}

/**
 * Cuts a text at the links that the review found in it. Only http and https become links, whatever a post names.
 * @param links as in the post, in any order
 */
export function linkedText(text: string, links: readonly string[] = []): Piece[] {
  // The longest first: of two links that begin alike the longer is meant.
  const known = links.filter(isWebAddress).sort((a, b) => b.length - a.length)
  const pieces: Piece[] = []
  let plain = ''
  let at = 0
  while (at < text.length) {
    const link = known.find((one) => text.startsWith(one, at))
    if (link === undefined) {
      plain += text[at++]
      continue
    }
    if (plain) pieces.push({ text: plain })
    plain = ''
    pieces.push({ text: link, href: link })
    at += link.length
  }
  if (plain) pieces.push({ text: plain })
  return pieces
}

function isWebAddress(link: string): boolean {
  return /^https?:\/\//i.test(link) && URL.canParse(link)
}
