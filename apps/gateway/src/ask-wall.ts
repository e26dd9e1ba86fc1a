import { TransientError } from '@parvis/bus/errors'
import type { Publish } from '@parvis/bus/publisher'
import type { WallPositions } from '@parvis/contracts/wall-positions'
import { type WallQuestion, wallRequested } from '@parvis/contracts/wall-requested'
import type { WallUpdated } from '@parvis/contracts/wall-updated'

/** A cache-worker answers in milliseconds; after this nobody does, and a stale page is better than none. */
export const ANSWER_MS = 1_000
const MOST_ASKING = 2_000

type Question = Omit<WallQuestion, 'requestId' | 'instance'>

/** Asks the cache-workers what MySQL holds. */
export function createAskWall({ publish, instance }: { publish: Publish; instance: string }) {
  const asking = new Map<string, (answer: WallUpdated | WallPositions) => void>()

  async function ask(question: Question): Promise<WallUpdated | WallPositions> {
    if (asking.size >= MOST_ASKING) throw new TransientError('too-many-questions', 'too many questions are open')
    const requestId = crypto.randomUUID()
    const { promise, resolve, reject } = Promise.withResolvers<WallUpdated | WallPositions>()
    const timer = setTimeout(() => reject(new TransientError('timeout', 'no cache-worker has answered')), ANSWER_MS)
    asking.set(requestId, resolve)
    // It may be answered before it is confirmed; only its failure matters.
    publish(wallRequested({ ...question, requestId, instance })).catch(reject)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      asking.delete(requestId)
    }
  }

  return {
    /** A piece of one channel. Rejects with a TransientError when nobody answers within a second. */
    piece: (channel: string, range: { before?: number; after?: number; limit: number }) => {
      const want = range.after === undefined ? 'page' : 'range'
      return ask({ want, channels: [channel], ...range }) as Promise<WallUpdated>
    },
    /** Where channels end, 1,000 at most. */
    positions: async (channels: string[]): Promise<WallPositions['positions']> =>
      ((await ask({ want: 'positions', channels })) as WallPositions).positions,
    /** Whether the message was the answer to a question of this gateway. */
    onAnswer(message: WallUpdated | WallPositions): boolean {
      const resolve = asking.get(message.requestId ?? '')
      resolve?.(message)
      return resolve !== undefined
    },
  }
}
export type AskWall = ReturnType<typeof createAskWall>
