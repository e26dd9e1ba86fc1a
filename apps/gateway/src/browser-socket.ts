import type { Socket } from 'node:net'
import { explain, isTransient } from '@parvis/bus/errors'
import { SOCKET_CHANNELS } from '@parvis/contracts/limits'
import { type ClientFrame, closeCodes, type GatewayFrame } from '@parvis/contracts/live-protocol'
import { channelOf } from '@parvis/service/channel-of'
import { readCursor } from '@parvis/service/cursor'
import { Refusal } from '@parvis/service/problem-answer'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { PostAcceptance } from './accept-post.ts'
import type { AskWall } from './ask-wall.ts'
import { reaches } from './channel-memory.ts'
import { type Channels, MOST_WATCHED } from './channels.ts'
import type { Limits } from './limits.ts'
import { readFrame } from './read-frame.ts'
import { PING } from './ready-frame.ts'
import type { Sessions } from './sessions.ts'
import type { Session } from './sessions-table.ts'
import { SocketOutlet } from './socket-outlet.ts'
import { type Behind, Subscription } from './subscription.ts'

/** Posts of one socket that wait for the broker; beyond it the client is told to slow down. */
const MOST_UNANSWERED = 200

/** Where a socket comes from. */
export interface Origin {
  address: string
  /** The connection that its frames are written to. */
  stream: Socket
}

export interface SocketNeeds {
  channels: Channels
  ask: AskWall
  sessions: Sessions
  acceptance: PostAcceptance
  limits: Limits
  heartbeatMs: number
  log: Logger
}

/**
 * One browser: its session, what it watches, what it posts.
 * @param needs with the address that it comes from, the stream below the socket, and where it notes what is behind
 */
export function createBrowserSocket(
  socket: WebSocket,
  needs: SocketNeeds & Origin & { behind: Behind },
  onSession: (session: Session) => void,
) {
  const outlet = new SocketOutlet(socket, needs.stream)
  const subscriptions = new Map<string, Subscription>()
  let session: Session | undefined
  let opening: Promise<void> | undefined
  let unanswered = 0
  let missedPongs = 0

  const mayFrame = needs.limits.frames()
  const send = (frame: GatewayFrame) => outlet.send(JSON.stringify(frame))

  function refuse(error: unknown, about: { id?: string; channel?: string }): void {
    if (isTransient(error)) {
      return refuse(new Refusal('not-available', 'not possible at the moment', { retryAfterS: 1 }), about)
    }
    if (!(error instanceof Refusal)) {
      needs.log.error({ reason: explain(error) }, 'a frame could not be handled')
      return send({ type: 'problem', code: 'internal-error', message: 'something is wrong here', ...about })
    }
    const { code, detail, field, retryAfterS } = error.problem
    send({
      type: 'problem',
      code,
      message: detail,
      ...about,
      ...(field !== undefined && { field }),
      ...(typeof retryAfterS === 'number' && { retryAfterS }),
    })
  }

  async function openSession(token: string): Promise<void> {
    session = await needs.sessions.check(token)
    // Closed meanwhile: it has left already, and nobody would take it off the list again.
    if (socket.readyState !== socket.OPEN) return
    onSession(session)
    const { pseudo, id: sessionId, expiresAt } = session
    send({ type: 'session.opened', pseudo, sessionId, expiresAt, heartbeatMs: needs.heartbeatMs })
  }

  function subscribe(frame: Extract<ClientFrame, { type: 'wall.subscribe' }>): void {
    const channel = channelOf(frame.channel)
    const cursor = readCursor('after', frame.after?.toString())
    const before = subscriptions.get(channel)
    if (!before && subscriptions.size >= SOCKET_CHANNELS) {
      throw new Refusal('too-many-channels', `channel: at most ${SOCKET_CHANNELS} on one socket`, { field: 'channel' })
    }
    const known = needs.channels.known(channel)
    if (!known?.watchers.size && needs.channels.watchedCount() >= MOST_WATCHED) {
      throw new Refusal('not-available', 'too many channels are being read here', { retryAfterS: 30 })
    }
    // One that is not sure asks once for all its readers.
    if (!known || (known.sure && !reaches(known.memory, cursor?.seq))) needs.limits.read(needs.address)
    before?.stop()
    const subscription = new Subscription(needs, outlet, {
      channel,
      after: cursor?.seq,
      epoch: cursor?.epoch ?? frame.epoch,
    })
    subscriptions.set(channel, subscription)
    subscription.start()
  }

  async function post(frame: Extract<ClientFrame, { type: 'post.create' }>): Promise<void> {
    // A client may send its first posts right behind its token; they wait for it, in order.
    await opening?.catch(() => {})
    if (!session) throw new Refusal('token-missing', 'open a session first (session.open)')
    if (session.expiresAt < Date.now()) throw new Refusal('token-expired')
    if (unanswered >= MOST_UNANSWERED)
      throw new Refusal('too-fast', 'too many posts wait for an answer', { retryAfterS: 1 })
    // From here to the lane nothing is awaited, so posts keep the order in which they came.
    const accepted = needs.acceptance.prepare(session, frame, needs.address)
    unanswered++
    const { durable } = await needs.acceptance.accept(accepted).finally(() => {
      unanswered--
    })
    send({ type: 'post.accepted', id: accepted.clientId, postId: accepted.id, ...(!durable && { durable }) })
  }

  async function onFrame(frame: ClientFrame): Promise<void> {
    switch (frame.type) {
      case 'session.open':
        opening = openSession(frame.token)
        return opening
      case 'wall.subscribe':
        return subscribe(frame)
      case 'wall.unsubscribe': {
        const channel = channelOf(frame.channel)
        subscriptions.get(channel)?.stop()
        subscriptions.delete(channel)
        return
      }
      case 'post.create':
        return post(frame)
    }
  }

  socket.on('message', (data, isBinary) => {
    // One that we have closed may go on talking until its connection ends, 30 s later.
    if (socket.readyState !== socket.OPEN) return
    if (!mayFrame()) return socket.close(closeCodes.tooFast, 'too many frames')
    let about: { id?: string; channel?: string } = {}
    try {
      const { frame, mentions } = readFrame(data as Buffer, isBinary)
      about = mentions
      if ('fault' in frame) throw frame.fault
      onFrame(frame).catch((error) => refuse(error, about))
    } catch (error) {
      refuse(error, about)
    }
  })
  socket.on('pong', () => {
    missedPongs = 0
  })
  socket.on('error', (error) => needs.log.debug({ reason: explain(error) }, 'a socket failed'))
  socket.on('close', () => {
    outlet.onClosed()
    for (const subscription of subscriptions.values()) subscription.stop()
    subscriptions.clear()
  })

  return {
    send,
    session: () => session,
    close: (code: number, reason: string) => socket.close(code, reason),
    /** Pings, tells the positions, and closes a browser that has not answered two pings. */
    onHeartbeat: () => {
      if (missedPongs >= 2) {
        socket.close(closeCodes.noPong, 'no pong for two heartbeats')
        // It does not read, so it would not answer the close either.
        socket.terminate()
        return
      }
      missedPongs++
      const positions = [...subscriptions.values()].map((each) => each.positionFrame())
      // One write, which is most of what an idle socket costs.
      outlet.write(Buffer.concat([PING, ...positions.filter((frame) => frame !== undefined)]))
    },
  }
}
export type BrowserSocket = ReturnType<typeof createBrowserSocket>
