import type { ReviewedPost } from '@parvis/contracts/post-reviewed'
import { VIA_BROKER } from '@parvis/storage/entry-row'
import { escape as sqlLiteral } from 'mysql2'

/** The columns that `rowsTask` fills, in its order; the writer puts channel_id, seq and stored_at before them. */
export const rowColumns =
  'kind, id, client_id, session_id, via, author, text, found, search_text, created_at, reviewed_at'

// Runs in a thread: posts to the values of their rows as SQL text, and the text folded for search.
export default function rowsTask(posts: readonly ReviewedPost[]): string[] {
  return posts.map((post) => {
    const { mentions, links } = post
    const found = mentions || links ? JSON.stringify({ mentions, links }) : null
    const session = post.sessionId === undefined ? 'NULL' : sqlUuid(post.sessionId)
    const via = post.via === 'broker' ? VIA_BROKER : 0
    const words = `${sqlLiteral(post.author)},${sqlLiteral(post.text)},${found === null ? 'NULL' : sqlLiteral(found)}`
    const ids = `${sqlUuid(post.id)},${sqlUuid(post.clientId)},${session}`
    return `0,${ids},${via},${words},${sqlLiteral(searchText(post.text))},${post.createdAt},${post.reviewedAt}`
  })
}

/** A UUID's text form as a literal of its 16 bytes: half of what the way through a Buffer takes. */
export function sqlUuid(uuid: string): string {
  return `X${sqlLiteral(uuid.replaceAll('-', ''))}`
}

/** Case, accents, width and blanks folded, so that `Ecole` finds `ÉCOLE`. */
export function searchText(text: string): string {
  const folded = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    // Not `\s+`, which would replace each single space by itself.
    .replace(/\s{2,}|[^\S ]/gu, ' ')
    .trim()
  // NFKD makes some characters many times longer (U+FDFA is 18); the column holds 64 KiB.
  return folded.slice(0, 8_000)
}
