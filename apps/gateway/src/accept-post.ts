import { explain, isTransient } from '@parvis/bus/errors'
import { checkText } from '@parvis/contracts/check-text'
import type { AcceptedPost } from '@parvis/contracts/post-created'
import { channelOf } from '@parvis/service/channel-of'
import { Refusal } from '@parvis/service/problem-answer'
import { v7 as uuidv7 } from 'uuid'
import type { Limits } from './limits.ts'
import type { postIds } from './post-id.ts'
import type { createPostLanes, Kept } from './post-lanes.ts'
import type { Session } from './sessions-table.ts'

export interface Submission {
  text: string
  channel?: string
  /** The client's id; the same id from the same session is the same post. */
  id?: string
}

/** The one road of posts into Parvis, for the route and the socket alike. */
export function postAcceptance(needs: {
  postId: ReturnType<typeof postIds>
  lanes: ReturnType<typeof createPostLanes>
  limits: Limits
}) {
  return {
    /** What the post will be. Throws a Refusal that names the field and the limit. @param address whom it comes from */
    prepare(session: Session, { text, channel: rawChannel, id }: Submission, address: string): AcceptedPost {
      needs.limits.post(session.id, address)
      const channel = channelOf(rawChannel)
      const fault = checkText(text)
      if (fault) throw Refusal.of(fault)
      const clientId = id ?? uuidv7()
      return {
        id: needs.postId(session.id, channel, clientId),
        clientId,
        sessionId: session.id,
        channel,
        author: session.pseudo,
        text,
        createdAt: Date.now(),
      }
    },
    /** Resolves when the broker or the store holds it. Rejects with a Refusal (503) that carries the id to retry with. */
    async accept(post: AcceptedPost): Promise<Kept> {
      try {
        return await needs.lanes.submit(post)
      } catch (error) {
        if (!isTransient(error)) throw error
        throw new Refusal('not-available', `the post could not be kept: ${explain(error)}`, {
          retryAfterS: 1,
          id: post.clientId,
        })
      }
    },
  }
}
export type PostAcceptance = ReturnType<typeof postAcceptance>
