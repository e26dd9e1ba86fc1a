import { randomUUID } from 'node:crypto'
import { BATCH_POSTS } from '@parvis/contracts/limits'
import type { Outgoing } from '@parvis/contracts/outgoing'
import { partitionOf } from '@parvis/contracts/partition'
import { postReviewed, type ReviewedPost } from '@parvis/contracts/post-reviewed'
import { v7 as uuidv7 } from 'uuid'
import { POST_TEXT } from './writers.ts'

/** So many posts as post-worker sends them on, in full messages, spread evenly over the channels. */
export function reviewedPosts(channels: readonly string[], count: number): Outgoing[] {
  const perChannel = Math.ceil(count / channels.length)
  const lanes = channels.map((channel) => {
    const posts = Array.from({ length: perChannel }, () => reviewedPost(channel))
    const batches = Array.from({ length: Math.ceil(perChannel / BATCH_POSTS) }, (_, n) =>
      posts.slice(n * BATCH_POSTS, (n + 1) * BATCH_POSTS),
    )
    return batches.flatMap((batch) => postReviewed(partitionOf(channel), batch))
  })
  // In turn, so that all lanes have work from the first to the last.
  const longest = Math.max(...lanes.map(({ length }) => length))
  return Array.from({ length: longest }, (_, n) => lanes.flatMap((lane) => lane[n] ?? [])).flat()
}

function reviewedPost(channel: string): ReviewedPost {
  const now = Date.now()
  const [id, clientId, sessionId] = [uuidv7(), uuidv7(), randomUUID()]
  return { id, clientId, channel, author: 'Bench', text: POST_TEXT, createdAt: now, reviewedAt: now, sessionId }
}
