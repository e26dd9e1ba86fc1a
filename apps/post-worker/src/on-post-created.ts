import type { Outgoing } from '@parvis/contracts/outgoing'
import { partitionOf } from '@parvis/contracts/partition'
import { postRejected, type Refusal } from '@parvis/contracts/post-rejected'
import { postReviewed, type ReviewedPost } from '@parvis/contracts/post-reviewed'
import type { ThreadPool } from '@parvis/service/thread-pool'
import type { Candidate } from './read-post-created.ts'
import type { ReviewTask } from './review.task.ts'
import type { ReviewSettings, Verdict } from './review-rules.ts'

/** PostCreated → PostReviewed for those that are fit, PostRejected for the others. */
export function onPostCreated({ pool, settings }: { pool: ThreadPool<ReviewTask, Verdict>; settings: ReviewSettings }) {
  return async (candidates: readonly Candidate[]): Promise<Outgoing[]> => {
    const verdicts = await pool.run(candidates.map(({ text }) => ({ text, settings })))
    const reviewedAt = Date.now()
    const lanes = new Map<number, ReviewedPost[]>()
    const refusals: Refusal[] = []
    for (const [i, candidate] of candidates.entries()) {
      const verdict = verdicts[i]
      if (!verdict) throw new Error('a thread gave fewer verdicts than it was given posts')
      if (!verdict.fit) {
        refusals.push(refusalOf(candidate, verdict.code, verdict.message, reviewedAt))
        continue
      }
      // A post by hand comes in through partition 0 whatever its channel is.
      const partition = partitionOf(candidate.channel)
      const lane = lanes.get(partition) ?? []
      lanes.set(partition, lane)
      const { mentions, links } = verdict
      lane.push({
        ...candidate,
        reviewedAt,
        ...(mentions.length > 0 && { mentions }),
        ...(links.length > 0 && { links }),
      })
    }
    const reviewed = [...lanes].flatMap(([partition, posts]) => postReviewed(partition, posts))
    return [...reviewed, ...postRejected(refusals)]
  }
}

function refusalOf(post: Candidate, code: string, message: string, at: number): Refusal {
  const { id, clientId, sessionId } = post
  return { postId: id, clientId, ...(sessionId && { sessionId }), status: 'refused', code, message, at }
}
