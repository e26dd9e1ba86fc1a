import { setTimeout as sleep } from 'node:timers/promises'
import { explain, isTransient, TransientError } from '@parvis/bus/errors'
import type { Publish } from '@parvis/bus/publisher'
import { type MessageStore, toStore } from '@parvis/bus/stores/message-store'
import { COMMAND_POSTS } from '@parvis/contracts/limits'
import { partitionOf, partitions } from '@parvis/contracts/partition'
import { type AcceptedPost, postCreated } from '@parvis/contracts/post-created'
import type { Logger } from 'pino'

/** Posts that wait for their turn in one lane; beyond it the gateway says 503. */
const MOST_WAITING = 5_000
/** How long a lane lets posts wait for the last stored ones to be republished, before it stores these too. */
const CATCH_UP_MS = 1_000
const LOOK_MS = 20
/**
 * While a lane stores, a command at most this often, so that packs fill: several gateways' 5 a second can be republished
 * faster than they come in, also on a machine that is busy, or a lane that is never idle would never be drained.
 */
const PACE_MS = 200
/**
 * And at most a tenth of the time is for storing, since republishing takes several times as long: where a machine, or
 * the store, is slow, 5 a second were more than could be republished, and the lane stored for ever.
 */
const STORING_SHARE = 10
const LONGEST_PACE_MS = 2_000

/** How a post is kept; not `durable`: in this process alone, so the caller is told. */
export interface Kept {
  durable: boolean
}
interface Waiting {
  post: AcceptedPost
  settle: (kept: Kept | undefined, error?: unknown) => void
}
interface Lane {
  partition: number
  waiting: Waiting[]
  busy: boolean
  /** The store may hold something of this lane: new posts queue behind it there. */
  behind: boolean
  /** The store was seen without anything of this partition since. */
  drained: boolean
  storedAt: number
  /** How long the store took for the last command. */
  storedInMs: number
}

/**
 * Sends accepted posts to the broker, one command at a time in each partition: alone when idle, packed when busy (100 at
 * most). With one in flight, a command that fails can never be overtaken, so posts keep their order of acceptance.
 * A command that the broker does not take goes to the message store, and so do all after it until the store holds
 * nothing of this lane any more.
 * @param source the name under which this process stores
 * @param onKept a command of so many posts was stored: somebody is to republish it
 * @returns `submit`, which resolves when a queue or the store holds the post and rejects with a TransientError otherwise
 */
export function createPostLanes(needs: {
  publish: Publish
  store: MessageStore
  source: string
  onKept: (posts: number, kept: Kept) => void
  log: Logger
}) {
  const { publish, store, source, onKept, log } = needs
  const lanes = partitions.map(
    (partition): Lane => ({
      partition,
      waiting: [],
      busy: false,
      behind: false,
      drained: false,
      storedAt: 0,
      storedInMs: 0,
    }),
  )

  /** Whether the store holds nothing of this lane any more; waits a little for the last of it. */
  async function caughtUp(lane: Lane): Promise<boolean> {
    lane.drained = false
    try {
      for (const until = performance.now() + CATCH_UP_MS; performance.now() < until; await sleep(LOOK_MS)) {
        if ((await store.held({ partition: lane.partition, source })).count > 0) continue
        lane.behind = false
        log.info({ partition: lane.partition }, 'posts go to the broker again')
        return true
      }
    } catch (error) {
      log.warn({ partition: lane.partition, reason: explain(error) }, 'the message store could not be asked')
    }
    return false
  }

  async function send(lane: Lane, posts: [AcceptedPost, ...AcceptedPost[]]): Promise<Kept> {
    const command = postCreated(posts)
    if (!lane.behind || (lane.drained && (await caughtUp(lane)))) {
      try {
        await publish(command)
        return { durable: true }
      } catch (error) {
        if (!isTransient(error)) throw error
        log.warn({ partition: lane.partition, reason: explain(error) }, 'the broker did not take a command, storing it')
        // It was seen without anything before there was something.
        lane.drained = false
      }
    }
    // Before the first add is answered: it may be there although the answer was lost.
    lane.behind = true
    lane.storedAt = performance.now()
    const { durable } = await store.add(toStore(command, { source, channel: posts[0].channel }))
    lane.storedInMs = performance.now() - lane.storedAt
    onKept(posts.length, { durable })
    return { durable }
  }

  async function run(lane: Lane): Promise<void> {
    while (lane.waiting.length > 0) {
      const paceMs = Math.min(Math.max(PACE_MS, lane.storedInMs * STORING_SHARE), LONGEST_PACE_MS)
      const early = lane.behind ? lane.storedAt + paceMs - performance.now() : 0
      if (early > 0) await sleep(early)
      const pack = lane.waiting.splice(0, COMMAND_POSTS)
      const posts = pack.map(({ post }) => post) as [AcceptedPost, ...AcceptedPost[]]
      const [kept, failure] = await send(lane, posts).then(
        (kept) => [kept, undefined] as const,
        (error) => [undefined, error ?? new Error('failed without an error')] as const,
      )
      for (const { settle } of pack) settle(kept, failure)
    }
    lane.busy = false
  }

  return {
    waiting: () => lanes.reduce((sum, { waiting }) => sum + waiting.length, 0),
    /** The store was found without anything of this partition. */
    onDrained(partition: number): void {
      const lane = lanes[partition]
      if (lane) lane.drained = true
    },
    submit(post: AcceptedPost): Promise<Kept> {
      const lane = lanes[partitionOf(post.channel)]!
      if (lane.waiting.length >= MOST_WAITING) {
        return Promise.reject(new TransientError('too-much-waiting', 'the broker is slower than the posts'))
      }
      return new Promise((resolve, reject) => {
        lane.waiting.push({ post, settle: (kept, error) => (kept ? resolve(kept) : reject(error)) })
        if (lane.busy) return
        lane.busy = true
        // At the end of the turn: what other sockets and requests brought in it goes along, not a confirm later.
        setImmediate(run, lane)
      })
    },
  }
}
