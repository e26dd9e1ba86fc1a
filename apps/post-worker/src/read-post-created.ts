import type { Delivery, Unpacked } from '@parvis/bus/consume'
import { ANONYMOUS } from '@parvis/contracts/anonymous'
import { canonicalChannel, DEFAULT_CHANNEL } from '@parvis/contracts/channel'
import { checkPseudo } from '@parvis/contracts/check-pseudo'
import { checkText } from '@parvis/contracts/check-text'
import type { Outgoing } from '@parvis/contracts/outgoing'
import { isUuid } from '@parvis/contracts/post'
import { PostCreated, PostCreatedPacked, SubmittedPost } from '@parvis/contracts/post-created'
import { parkedRefusal, postRejected } from '@parvis/contracts/post-rejected'
import type { ReviewedPost } from '@parvis/contracts/post-reviewed'
import { bodyReader, InvalidMessageError, parseJson } from '@parvis/contracts/read-body'
import { v7 as uuidv7 } from 'uuid'

/** A post that everything is known of but what review finds. */
export type Candidate = Omit<ReviewedPost, 'reviewedAt' | 'mentions' | 'links'>

const readOne = bodyReader(PostCreated)
const readPacked = bodyReader(PostCreatedPacked)
const readSubmitted = bodyReader(SubmittedPost)

/**
 * Reads a `post.created`: one post or a pack. What a gateway would answer with 4xx is parked, each post by itself.
 * @param gateways the broker's users that gateways publish as. The broker checks the name that a publisher gives, so
 *   a post by hand cannot pass for one of a living pseudo: it is marked `via: 'broker'`, whatever it says of itself.
 */
export function readPostCreated(delivery: Delivery, gateways: readonly string[]): Unpacked<Candidate>[] {
  const body = parseJson(delivery.content)
  const trusted = delivery.userId !== undefined && gateways.includes(delivery.userId)
  const packed = typeof body === 'object' && body !== null && 'posts' in body
  const posts = packed ? readPacked(body).posts : [body]
  return posts.map((post) => {
    try {
      return { item: candidate(packed ? readSubmitted(post) : readOne(post), trusted) }
    } catch (error) {
      if (!(error instanceof InvalidMessageError)) throw error
      return { fault: error.message, content: packed ? repackPost(post) : delivery.content, tell: tell(post, error) }
    }
  })
}

/**
 * The body under which a post that could be read is parked; publishing it again by hand is the same post. Without the
 * mark: it says how a post came, so nobody may send it, and what comes by hand again gets it again.
 */
export function repackCandidate({ via: _mark, ...post }: Candidate): string {
  return repackPost(post)
}

/** Whoever gave it an id may ask for it by that. */
function tell(post: unknown, { message }: Error): Outgoing[] {
  const { id } = Object(post) as { id?: unknown }
  if (!isUuid(id)) return []
  return postRejected([{ ...parkedRefusal({ id, clientId: id }), message }])
}

function repackPost(post: unknown): string {
  return JSON.stringify({ type: 'post.created', version: 1, posts: [post] })
}

function candidate(post: SubmittedPost, trusted: boolean): Candidate {
  const channel = canonicalChannel(post.channel ?? DEFAULT_CHANNEL)
  if (channel === undefined) throw new InvalidMessageError('channel-not-fit: channel: letters a-z, digits, - and _')
  const fault = checkText(post.text)
  if (fault) throw new InvalidMessageError(`${fault.code}: ${fault.message}`)
  const id = post.id ?? uuidv7()
  const common = {
    id,
    clientId: post.clientId ?? id,
    channel,
    text: post.text,
    createdAt: post.createdAt ?? Date.now(),
  }
  if (trusted && post.sessionId !== undefined && post.author !== undefined) {
    return { ...common, author: post.author, sessionId: post.sessionId }
  }
  const checked = checkPseudo(post.author ?? ANONYMOUS)
  if ('fault' in checked) throw new InvalidMessageError(`pseudo-not-fit: author: ${checked.fault.message}`)
  return { ...common, author: checked.pseudo, via: 'broker' }
}
