import type { OwnPost, Reason } from './outbox.ts'
import { mayRetry } from './outbox.ts'
import type { Wall } from './wall-state.ts'

/** One post as it is shown. Flat, so that a card is drawn again only when something of it changed. */
export interface WallItem {
  /** The same while an own post goes from sending to stored, so that its card stays. */
  id: string
  state: 'sending' | 'accepted' | 'refused' | 'stored'
  author: string
  text: string
  /** Milliseconds since 1970. */
  at: number
  /** Written here: in this visit, or before it and not seen on the wall yet. */
  own: boolean
  seq?: number
  links?: readonly string[] | undefined
  byHand?: boolean
  removed?: boolean
  reason?: Reason | undefined
  mayRetry?: boolean
  retryAt?: number | undefined
  /** It waits for its author to be someone. */
  needsPseudo?: boolean
}

/**
 * What to show, newest first: own posts that are not on the wall yet, then the wall.
 * @param someone whether there is a session to send them with
 */
export function wallItems(
  wall: Wall,
  outbox: readonly OwnPost[],
  mine: ReadonlyMap<string, string>,
  someone = true,
): WallItem[] {
  const items: WallItem[] = []
  for (const post of outbox) if (post.channel === wall.channel) items.push(ownItem(post, someone))
  items.reverse()
  for (let i = wall.entries.length - 1; i >= 0; i--) {
    const { seq, kind, post } = wall.entries[i]!
    if (kind !== 'post') continue
    const clientId = mine.get(post.id)
    items.push({
      id: clientId ?? post.id,
      state: 'stored',
      author: post.author,
      text: post.text,
      at: post.createdAt,
      own: clientId !== undefined,
      seq,
      links: post.links,
      byHand: post.via === 'broker',
      removed: wall.removed.has(post.id),
    })
  }
  return items
}

function ownItem(post: OwnPost, someone: boolean): WallItem {
  return {
    id: post.id,
    state: post.state,
    author: post.author,
    text: post.text,
    at: post.writtenAt,
    own: true,
    reason: post.reason ?? post.waitingFor,
    mayRetry: mayRetry(post),
    retryAt: post.retryAt,
    needsPseudo: post.state === 'sending' && !someone,
  }
}
