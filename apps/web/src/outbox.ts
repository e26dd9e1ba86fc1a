import type { Entry } from '@parvis/contracts/post'
import type { ProblemCode } from '@parvis/contracts/problems'

// The posts of this browser that are not on the wall yet, oldest first. Pure: a list in, a new list out.

/** The most posts that wait at a time; at the bound nothing new is taken until one is on the wall or discarded. */
export const MOST_OWN_POSTS = 50

/** Why a post was not taken: a gateway's code, or `not-confirmed`: its session ended before the answer came. */
export type Reason = ProblemCode | 'not-confirmed'

export interface OwnPost {
  /** The client's id, made once: however often the post is sent, it is the same post. */
  id: string
  channel: string
  text: string
  author: string
  writtenAt: number
  /** `stored`: a gateway says that it is on the wall, and this page has yet to see it there. */
  state: 'sending' | 'accepted' | 'refused' | 'stored'
  /** The session under which it was sent at least once. Under another one the same id would be another post. */
  sentUnder?: string
  postId?: string
  acceptedAt?: number
  reason?: Reason
  /** Not to be sent before this time. */
  retryAt?: number
  /** Why it waits. */
  waitingFor?: ProblemCode
}

export type Outbox = readonly OwnPost[]

/** Refusals that time may change; after any other, the same text gets the same answer for ever. */
const passing: ReadonlySet<Reason> = new Set<Reason>(['not-confirmed', 'internal-error', 'not-available', 'too-fast'])

/** Whether sending a refused post once more, unchanged, makes sense. */
export function mayRetry(post: OwnPost): boolean {
  return post.state === 'refused' && post.reason !== undefined && passing.has(post.reason)
}

export function add(outbox: Outbox, post: Pick<OwnPost, 'id' | 'channel' | 'text' | 'author' | 'writtenAt'>): Outbox {
  return outbox.length >= MOST_OWN_POSTS ? outbox : [...outbox, { ...post, state: 'sending' }]
}

/** The post to send now: the oldest that is still to be sent. The ones behind it wait, to keep their order. */
export function nextToSend(outbox: Outbox): OwnPost | undefined {
  return outbox.find((post) => post.state === 'sending')
}

export function sent(outbox: Outbox, id: string, sessionId: string): Outbox {
  return change(outbox, id, (post) => ({ ...post, sentUnder: sessionId }))
}

export function accepted(outbox: Outbox, id: string, postId: string, now: number): Outbox {
  return change(outbox, id, (post) => ({ ...settled(post), state: 'accepted', postId, acceptedAt: now }))
}

export function refused(outbox: Outbox, id: string, reason: Reason): Outbox {
  return change(outbox, id, (post) => ({ ...settled(post), state: 'refused', reason }))
}

/** Sends a post again, not before `retryAt`: it was refused for something that passes. */
export function sendLater(outbox: Outbox, id: string, retryAt: number, waitingFor?: ProblemCode): Outbox {
  return change(outbox, id, (post) => ({
    ...settled(post),
    state: 'sending',
    retryAt,
    ...(waitingFor && { waitingFor }),
  }))
}

/** Sends what waited for a connection alone as soon as it is there. */
export function connected(outbox: Outbox): Outbox {
  const waits = ({ state, retryAt, waitingFor }: OwnPost) => state === 'sending' && retryAt !== undefined && !waitingFor
  return outbox.some(waits) ? outbox.map((post) => (waits(post) ? settled(post) : post)) : outbox
}

/** What the author asked for. A post whose session is over goes out under the new one. */
export function retry(outbox: Outbox, id: string): Outbox {
  return change(outbox, id, (post) => {
    if (post.state !== 'refused') return post
    const { sentUnder, ...rest } = settled(post)
    return post.reason === 'not-confirmed' || !sentUnder
      ? { ...rest, state: 'sending' }
      : { ...rest, sentUnder, state: 'sending' }
  })
}

export function stored(outbox: Outbox, id: string): Outbox {
  return change(outbox, id, (post) => ({ ...settled(post), state: 'stored' }))
}

export function discard(outbox: Outbox, id: string): Outbox {
  return outbox.some((post) => post.id === id) ? outbox.filter((post) => post.id !== id) : outbox
}

/**
 * Takes out what is on the wall now.
 * @returns the rest, and for each post seen its id on the wall with the client's id
 */
export function seenOnWall(outbox: Outbox, entries: readonly Entry[]): { outbox: Outbox; seen: Map<string, string> } {
  const seen = new Map<string, string>()
  if (outbox.length === 0) return { outbox, seen }
  const waiting = new Map(outbox.map((post) => [post.id, post]))
  for (const { kind, post } of entries) {
    const own = waiting.get(post.clientId)
    // Another person may use an id that was seen on the wall: a known post id decides.
    if (kind === 'post' && own?.channel === post.channel && (own.postId ?? post.id) === post.id) {
      seen.set(post.id, post.clientId)
    }
  }
  const ids = new Set(seen.values())
  return { outbox: ids.size > 0 ? outbox.filter((post) => !ids.has(post.id)) : outbox, seen }
}

function settled(post: OwnPost): OwnPost {
  const { reason: _reason, retryAt: _retryAt, waitingFor: _waitingFor, ...rest } = post
  return rest
}

function change(outbox: Outbox, id: string, how: (post: OwnPost) => OwnPost): Outbox {
  return outbox.some((post) => post.id === id) ? outbox.map((post) => (post.id === id ? how(post) : post)) : outbox
}
