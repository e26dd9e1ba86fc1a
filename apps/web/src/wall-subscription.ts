import type { ClientFrame, ProblemFrame } from '@parvis/contracts/live-protocol'
import { backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import { applyFrame, type Wall, type WallFrame } from './wall-state.ts'

/** A position ahead of the wall may be of an update that is on its way: it is given this long. */
const AHEAD_MS = 2_000
/** How long a subscription may stay unanswered: a gateway says after 2 s that it cannot answer yet. */
const ANSWER_MS = 10_000

export interface SubscriptionOptions {
  clock: Clock
  send(frame: ClientFrame): boolean
  wall(): Wall
  onWall(wall: Wall): void
  /** There was no answer for so long. */
  onUnanswered(sinceMs: number): void
  /** The subscription was answered: the wall is up to date. */
  onSynced(): void
}

export interface WallSubscription {
  /** Subscribes from what the wall holds; also when the socket has opened anew. */
  begin(): void
  /** Asks for an answer, unless one is awaited, to know whether anybody is there. */
  probe(): void
  onFrame(frame: WallFrame): void
  /** A refusal that may be about the subscription. */
  onProblem(problem: ProblemFrame): void
  /** The socket is lost or the channel left. */
  end(): void
}

/** Keeps one channel's wall without a hole: subscribes, and subscribes again from what is held when one shows. */
export function createSubscription(options: SubscriptionOptions): WallSubscription {
  const { clock } = options
  let waiting = false
  let tries = 0
  let cancelAnswer = () => {}
  let cancelAhead: (() => void) | undefined

  function begin() {
    end()
    const { channel, last, epoch } = options.wall()
    const cursor = last > 0 && epoch !== null ? { after: last, epoch } : {}
    if (!options.send({ type: 'wall.subscribe', channel, ...cursor })) return
    waiting = true
    cancelAnswer = clock.after(ANSWER_MS, () => options.onUnanswered(ANSWER_MS))
  }

  function end() {
    waiting = false
    cancelAnswer()
    cancelAhead?.()
    cancelAhead = undefined
  }

  function onFrame(frame: WallFrame) {
    const before = options.wall()
    if (frame.channel !== before.channel) return
    const { wall, outcome } = applyFrame(before, frame)
    if (wall !== before) options.onWall(wall)
    // While an answer is on its way, it will fill the hole: asking for each frame would only repeat it.
    if (outcome === 'gap') return waiting ? undefined : begin()
    if (outcome === 'ahead') return watchAhead(frame.last)
    if (frame.type === 'wall.position') return
    if (waiting) {
      end()
      tries = 0
      options.onSynced()
    }
  }

  function watchAhead(position: number) {
    if (waiting || cancelAhead) return
    cancelAhead = clock.after(AHEAD_MS, () => {
      cancelAhead = undefined
      if (options.wall().last < position) begin()
    })
  }

  function onProblem(problem: ProblemFrame) {
    const mine = problem.id === undefined && (problem.channel ?? options.wall().channel) === options.wall().channel
    if (!waiting || !mine || !passing.has(problem.code)) return
    cancelAnswer()
    const ms = (problem.retryAfterS ?? 1) * 1_000 + backoff(tries++, clock.random())
    cancelAnswer = clock.after(ms, begin)
  }

  return { begin, probe: () => waiting || begin(), onFrame, onProblem, end }
}

const passing: ReadonlySet<string> = new Set(['not-available', 'internal-error', 'too-fast'])
