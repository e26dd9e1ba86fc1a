import type { KeyValueStore } from './key-value-store.ts'
import { MOST_OWN_POSTS, type Outbox, type OwnPost } from './outbox.ts'

const PREFIX = 'parvis.outbox.'

// Each post has a key of its own, so that two tabs never write over each other's posts. A tab that opens while
// another sends will send the same posts too: the same ids, so nothing is doubled.

/** Reads the posts that an earlier page left, oldest first. Ids begin with their time, so keys sort by it. */
export function readOutbox(store: KeyValueStore): Outbox {
  const posts: OwnPost[] = []
  for (const key of store.keys(PREFIX)) {
    const post = parse(store.get(key))
    if (!post) store.remove(key)
    // Those of other tabs may be more than one page holds: the rest is theirs to send, or for a later visit.
    else if (posts.length < MOST_OWN_POSTS) posts.push(post)
  }
  return posts
}

/** Writes what changed from `before` to `after`. */
export function writeOutbox(store: KeyValueStore, before: Outbox, after: Outbox): void {
  const kept = new Set(after)
  const ids = new Set(after.map((post) => post.id))
  for (const post of before) if (!kept.has(post) && !ids.has(post.id)) store.remove(PREFIX + post.id)
  const old = new Set(before)
  for (const post of after) if (!old.has(post)) store.set(PREFIX + post.id, JSON.stringify(post))
}

/** The id of the post that a key of the store is for, if it is one. */
export function outboxId(key: string | null): string | undefined {
  return key?.startsWith(PREFIX) ? key.slice(PREFIX.length) : undefined
}

function parse(text: string | undefined): OwnPost | undefined {
  try {
    const post = JSON.parse(text ?? '') as OwnPost
    const whole = [post.id, post.channel, post.text, post.author, post.state].every(
      (value) => typeof value === 'string',
    )
    return whole ? post : undefined
  } catch {
    return undefined
  }
}
