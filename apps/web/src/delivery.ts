import type { ClientFrame, PostAccepted, PostRejectedFrame, ProblemFrame } from '@parvis/contracts/live-protocol'
import type { ProblemCode } from '@parvis/contracts/problems'
import { backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import { ask, type Fetch } from './http.ts'
import * as box from './outbox.ts'
import { isSessionCode, type Session } from './session.ts'

/** No answer for this long: the post is sent again, with the same id. */
const SEND_LIMIT_MS = 10_000
/** An open socket is worth waiting for this long; then posts go by HTTP. */
const SOCKET_GRACE_MS = 3_000
/** An accepted post that is not seen on the wall is asked after this often. */
const CHECK_MS = 10_000
/** An accepted post that nobody knows of after this time is sent again, with the same id. */
const UNKNOWN_LIMIT_MS = 30_000

/** The part of `GET /posts/:id` that is used. */
type Fate = { status: 'stored' } | { status: 'refused' | 'parked'; code: ProblemCode }

export interface DeliveryOptions {
  clock: Clock
  fetch: Fetch
  outbox(): box.Outbox
  change(outbox: box.Outbox): void
  /** Who posts; undefined while nobody does, and posts wait. */
  session(): Session | undefined
  /** Sends over the socket. @returns false while no session is open there */
  send(frame: Extract<ClientFrame, { type: 'post.create' }>): boolean
  /** The token was refused. */
  onSessionOver(code: ProblemCode): void
  /** A post is on its channel's wall, and this page may have missed it. */
  onStored(post: box.OwnPost): void
  /** A post that went over the socket has had no answer in time. */
  onSilence(): void
}

export interface Delivery {
  /** Sends what is next, if nothing is under way: after each change of the outbox, the session or the socket. */
  kick(): void
  /** A socket speaks for the session: what waited for a connection waits no longer. */
  socketOpened(): void
  /** Forgets what was under way on a socket that is lost: it is sent again. */
  socketLost(): void
  onFrame(frame: PostAccepted | PostRejectedFrame | ProblemFrame): void
  /** Asks what became of the accepted posts; also runs by itself every CHECK_MS. */
  check(): Promise<void>
  stop(): void
}

/**
 * Brings posts from the outbox to the gateway, one at a time, so that they are accepted in the order they were
 * written, by the socket if it can, else by HTTP. Sending again is harmless: the same id is the same post.
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { clock, fetch } = options
  let underWay: { id: string; by: 'socket' | 'http' } | undefined
  let cancelTimer = () => {}
  let socketAwaitedSince: number | undefined
  let tries = 0
  let cancelCheck: (() => void) | undefined

  function kick() {
    planCheck()
    if (underWay) return
    cancelTimer()
    const post = box.nextToSend(options.outbox())
    const session = options.session()
    if (!post || !session) return
    const wait = (post.retryAt ?? 0) - clock.now()
    if (wait > 0) return later(wait)
    if (post.sentUnder !== undefined && post.sentUnder !== session.sessionId) {
      // Under another session the same id is another post: it could show twice, so its author decides.
      options.change(box.refused(options.outbox(), post.id, 'not-confirmed'))
      return kick()
    }
    const { id, channel, text } = post
    if (options.send({ type: 'post.create', id, channel, text })) {
      socketAwaitedSince = undefined
      begin(id, 'socket', session)
      return later(SEND_LIMIT_MS, () => {
        underWay = undefined
        options.onSilence()
        kick()
      })
    }
    socketAwaitedSince ??= clock.now()
    const grace = socketAwaitedSince + SOCKET_GRACE_MS - clock.now()
    if (grace > 0) return later(grace)
    begin(id, 'http', session)
    void byHttp(post, session)
  }

  function later(ms: number, callback = kick) {
    cancelTimer()
    cancelTimer = clock.after(ms, callback)
  }

  function begin(id: string, by: 'socket' | 'http', session: Session) {
    underWay = { id, by }
    options.change(box.sent(options.outbox(), id, session.sessionId))
  }

  /** @returns whether the post is still one that waits for an answer (a late second answer changes nothing) */
  function end(id: string): boolean {
    if (underWay?.id === id) {
      underWay = undefined
      cancelTimer()
    }
    const post = options.outbox().find((own) => own.id === id)
    return post?.state === 'sending'
  }

  async function byHttp({ id, channel, text }: box.OwnPost, { token }: Session) {
    const answer = await ask<{ id: string }>(fetch, 'POST', '/posts', { token, body: { id, channel, text } })
    if (answer.ok) onAccepted(id, answer.body.id)
    else if (answer.code === 'unreachable') sendLater(id)
    else onRefused(id, answer.code, answer.retryAfterS)
  }

  function onAccepted(id: string, postId: string) {
    if (end(id)) options.change(box.accepted(options.outbox(), id, postId, clock.now()))
    tries = 0
    kick()
  }

  function onRefused(id: string, code: ProblemCode, retryAfterS?: number) {
    if (!end(id)) return kick()
    if (code === 'too-fast' || code === 'not-available') return sendLater(id, code, retryAfterS)
    if (isSessionCode(code)) {
      options.onSessionOver(code)
      return sendLater(id)
    }
    options.change(box.refused(options.outbox(), id, code))
    kick()
  }

  function sendLater(id: string, code?: ProblemCode, retryAfterS?: number) {
    end(id)
    const wait = Math.max((retryAfterS ?? 0) * 1_000, 1_000) + backoff(tries++, clock.random())
    options.change(box.sendLater(options.outbox(), id, clock.now() + wait, code))
    kick()
  }

  function planCheck() {
    const some = options.outbox().some((post) => post.state === 'accepted')
    if (!some) {
      cancelCheck?.()
      cancelCheck = undefined
    } else {
      cancelCheck ??= clock.after(CHECK_MS, () => {
        cancelCheck = undefined
        void check().then(kick)
      })
    }
  }

  async function check() {
    for (const { id, postId, acceptedAt, sentUnder } of options.outbox().filter((post) => post.state === 'accepted')) {
      if (postId === undefined) continue
      const answer = await ask<Fate>(fetch, 'GET', `/posts/${postId}`)
      const now = options.outbox().find((post) => post.id === id)
      if (now?.state !== 'accepted') continue
      if (answer.ok && answer.body.status !== 'stored') {
        options.change(box.refused(options.outbox(), id, answer.body.code))
      } else if (answer.ok) {
        options.change(box.stored(options.outbox(), id))
        options.onStored(now)
      } else if (answer.code === 'not-known-yet' && clock.now() - (acceptedAt ?? 0) > UNKNOWN_LIMIT_MS) {
        // Under another session the same id is another post, so its author decides.
        const same = sentUnder === options.session()?.sessionId
        options.change(
          same ? box.sendLater(options.outbox(), id, clock.now()) : box.refused(options.outbox(), id, 'not-confirmed'),
        )
      }
    }
  }

  return {
    kick,
    check,
    stop() {
      cancelTimer()
      cancelCheck?.()
    },
    socketOpened() {
      tries = 0
      options.change(box.connected(options.outbox()))
      kick()
    },
    socketLost() {
      if (underWay?.by !== 'socket') return
      underWay = undefined
      cancelTimer()
    },
    onFrame(frame) {
      if (frame.id === undefined) return
      if (frame.type === 'post.accepted') return onAccepted(frame.id, frame.postId)
      if (frame.type === 'problem') return onRefused(frame.id, frame.code, frame.retryAfterS)
      // Refused by the review, after it was accepted.
      end(frame.id)
      options.change(box.refused(options.outbox(), frame.id, frame.code))
      kick()
    },
  }
}
