import { PostRejected } from '@parvis/contracts/post-rejected'
import { bodyReader, parseJson } from '@parvis/contracts/read-body'
import { SessionEnded } from '@parvis/contracts/session-ended'
import { WallPositions } from '@parvis/contracts/wall-positions'
import { WallUpdated } from '@parvis/contracts/wall-updated'
import type { AskWall } from './ask-wall.ts'
import type { Channels } from './channels.ts'
import { gatherUpdates } from './gather-updates.ts'
import type { PostOutcomes } from './post-outcomes.ts'
import type { Sessions } from './sessions.ts'
import type { Sockets } from './sockets.ts'

const readers = {
  'wall.updated': bodyReader(WallUpdated),
  'wall.positions': bodyReader(WallPositions),
  'post.rejected': bodyReader(PostRejected),
  'session.ended': bodyReader(SessionEnded),
}

/** What a gateway does with each broadcast. Synchronous: the order of broadcasts is the order of frames. */
export function onBroadcast(needs: {
  ask: AskWall
  channels: Channels
  outcomes: PostOutcomes
  sessions: Sessions
  sockets: Sockets
}) {
  const onUpdated = gatherUpdates((update, frame) => {
    needs.channels.onUpdated(update, frame)
    // After it: who is told that a post is stored finds it in the page that is read next.
    needs.outcomes.onStored(update.entries, update.epoch ?? '')
  }, needs.sockets.arrived)
  return (content: Buffer): void => {
    const value = parseJson(content) as { type?: string }
    switch (value.type) {
      case 'wall.updated': {
        const update = readers['wall.updated'](value)
        if (needs.ask.onAnswer(update)) return
        if (update.reason === 'refreshed') return needs.channels.onRefreshed(update)
        if (update.requestId !== undefined) return
        return onUpdated(update, content)
      }
      case 'wall.positions': {
        const message = readers['wall.positions'](value)
        needs.ask.onAnswer(message)
        return needs.channels.onPositions(message.positions)
      }
      case 'post.rejected':
        for (const refusal of readers['post.rejected'](value).refusals) {
          needs.outcomes.onRefused(refusal)
          needs.sockets.onRefused(refusal)
        }
        return
      case 'session.ended': {
        const { sessionId } = readers['session.ended'](value)
        needs.sessions.onEnded(sessionId)
        return needs.sockets.endSession(sessionId)
      }
    }
  }
}
