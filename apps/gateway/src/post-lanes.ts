import { TransientError } from '@parvis/bus/errors'
import type { Publish } from '@parvis/bus/publisher'
import { COMMAND_POSTS } from '@parvis/contracts/limits'
import { partitionOf, partitions } from '@parvis/contracts/partition'
import { type AcceptedPost, postCreated } from '@parvis/contracts/post-created'

/** Posts that wait for their turn in one lane; beyond it the gateway says 503. */
const MOST_WAITING = 5_000
interface Waiting {
  post: AcceptedPost
  settle: (error?: unknown) => void
}

/**
 * Sends accepted posts to the broker, one command at a time in each partition: alone when idle, packed when busy (100 at
 * most). With one in flight, a command that fails can never be overtaken, so posts keep their order of acceptance.
 * @returns `submit`, which resolves when a queue holds the post and rejects with a TransientError otherwise
 */
export function createPostLanes(publish: Publish) {
  const lanes = partitions.map(() => ({ waiting: [] as Waiting[], busy: false }))

  async function run(lane: (typeof lanes)[number]): Promise<void> {
    lane.busy = true
    while (lane.waiting.length > 0) {
      const pack = lane.waiting.splice(0, COMMAND_POSTS)
      const posts = pack.map(({ post }) => post) as [AcceptedPost, ...AcceptedPost[]]
      const failure = await publish(postCreated(posts)).then(
        () => undefined,
        (error) => error,
      )
      for (const { settle } of pack) settle(failure)
    }
    lane.busy = false
  }

  return {
    waiting: () => lanes.reduce((sum, { waiting }) => sum + waiting.length, 0),
    submit(post: AcceptedPost): Promise<void> {
      const lane = lanes[partitionOf(post.channel)]!
      if (lane.waiting.length >= MOST_WAITING) {
        return Promise.reject(new TransientError('too-much-waiting', 'the broker is slower than the posts'))
      }
      return new Promise((resolve, reject) => {
        lane.waiting.push({ post, settle: (error) => (error === undefined ? resolve() : reject(error)) })
        if (!lane.busy) void run(lane)
      })
    },
  }
}
