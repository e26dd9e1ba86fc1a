import type { ReviewedPost } from '@parvis/contracts/post-reviewed'
import { uuidBytes, VIA_BROKER } from '@parvis/storage/entry-row'
import { escape as sqlLiteral } from 'mysql2'

/** The columns that `rowsTask` fills, in its order; the writer puts channel_id, seq and stored_at before them. */
export const rowColumns =
  'kind, id, client_id, session_id, via, author, text, found, search_text, created_at, reviewed_at'

// Runs in a thread: posts to the values of their rows as SQL text, and the text folded for search.
export default function rowsTask(posts: readonly ReviewedPost[]): string[] {
  return posts.map((post) => {
    const { mentions, links } = post
    const found = mentions || links ? JSON.stringify({ mentions, links }) : null
    return [
      0,
      hex(post.id),
      hex(post.clientId),
      post.sessionId === undefined ? 'NULL' : hex(post.sessionId),
      post.via === 'broker' ? VIA_BROKER : 0,
      sqlLiteral(post.author),
      sqlLiteral(post.text),
      found === null ? 'NULL' : sqlLiteral(found),
      sqlLiteral(searchText(post.text)),
      post.createdAt,
      post.reviewedAt,
    ].join(',')
  })
}

function hex(uuid: string): string {
  return `X'${uuidBytes(uuid).toString('hex')}'`
}

/** Case, accents, width and blanks folded, so that `Ecole` finds `ÉCOLE`. */
export function searchText(text: string): string {
  const folded = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim()
  // NFKD makes some characters many times longer (U+FDFA is 18); the column holds 64 KiB.
  return folded.slice(0, 8_000)
}
