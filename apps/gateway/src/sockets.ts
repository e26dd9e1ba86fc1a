import { explain } from '@parvis/bus/errors'
import { closeCodes } from '@parvis/contracts/live-protocol'
import type { Refusal } from '@parvis/contracts/post-rejected'
import type { ProblemCode } from '@parvis/contracts/problems'
import type { WebSocket } from 'ws'
import { type BrowserSocket, createBrowserSocket, type Origin, type SocketNeeds } from './browser-socket.ts'
import type { SessionsTable } from './sessions-table.ts'
import type { Behind } from './subscription.ts'

/** A process may have so many files open (the usual hard limit); more sockets are refused at the handshake. */
export const MOST_SOCKETS = 20_000
const TICK_MS = 250
const EXPIRY_MS = 2_000
/** A heartbeat goes round in so many turns: the pings of twenty thousand sockets at once would keep posts waiting. */
const TURNS = 25

/** All sockets of this gateway, their heartbeat, and who of them belongs to which session. */
export function createSockets(needs: SocketNeeds & { table: SessionsTable }) {
  /** By their turn in the heartbeat. */
  const turns = Array.from({ length: TURNS }, () => new Set<BrowserSocket>())
  const behind: Behind = new Set()
  const bySession = new Map<string, Set<BrowserSocket>>()
  let turn = 0
  let arrived = 0

  const all = () => turns.flatMap((some) => [...some])

  function leave(socket: BrowserSocket, sessionId: string | undefined): void {
    const siblings = bySession.get(sessionId ?? '')
    siblings?.delete(socket)
    if (siblings?.size === 0) bySession.delete(sessionId ?? '')
  }

  function endSession(sessionId: string): void {
    for (const socket of bySession.get(sessionId) ?? []) socket.close(closeCodes.sessionOver, 'the session has ended')
  }

  function endUnlessNamed(socket: BrowserSocket, pseudo: string): void {
    if (socket.session()?.pseudo === pseudo) return
    socket.close(closeCodes.sessionOver, 'the session has another pseudo now')
  }

  /** Word of an ended session may have been missed while the broker was away, and of a changed pseudo there is none. */
  async function lookForEnded(): Promise<void> {
    const ids = [...bySession.keys()]
    for (let from = 0; from < ids.length; from += 1_000) {
      const some = ids.slice(from, from + 1_000)
      const living = await needs.table.living(some)
      for (const id of some) {
        const pseudo = living.get(id)
        if (pseudo === undefined) endSession(id)
        else for (const socket of bySession.get(id) ?? []) endUnlessNamed(socket, pseudo)
      }
    }
  }

  async function askPositions(): Promise<void> {
    const names = needs.channels.watched().map(({ name }) => name)
    for (let from = 0; from < names.length; from += 1_000) {
      needs.channels.onPositions(await needs.ask.positions(names.slice(from, from + 1_000)))
    }
  }

  const quietly = (what: string, work: Promise<void>) =>
    work.catch((error) => needs.log.warn({ reason: explain(error) }, what))

  const timers = [
    setInterval(() => {
      // A copy: one that is sent more may be behind again at once.
      for (const subscription of [...behind]) subscription.onTick()
    }, TICK_MS),
    setInterval(() => {
      const now = Date.now()
      for (const socket of all()) {
        const expiresAt = socket.session()?.expiresAt ?? Number.POSITIVE_INFINITY
        if (expiresAt <= now) socket.close(closeCodes.sessionOver, 'the token has expired')
      }
    }, EXPIRY_MS),
    setInterval(() => {
      turn = (turn + 1) % TURNS
      for (const socket of turns[turn]!) socket.onHeartbeat()
    }, needs.heartbeatMs / TURNS),
    setInterval(() => {
      void quietly('positions not asked for', askPositions())
      void quietly('sessions not looked up', lookForEnded())
    }, needs.heartbeatMs),
  ]

  return {
    count: () => turns.reduce((sum, { size }) => sum + size, 0),
    /** Sockets that have come so far. */
    arrived: () => arrived,
    add(webSocket: WebSocket, origin: Origin): void {
      let sessionId: string | undefined
      const socket = createBrowserSocket(webSocket, { ...needs, ...origin, behind }, (session) => {
        leave(socket, sessionId)
        sessionId = session.id
        bySession.set(sessionId, (bySession.get(sessionId) ?? new Set()).add(socket))
      })
      const its = turns[arrived++ % TURNS]!
      its.add(socket)
      const closed = needs.limits.socketOpened(origin.address)
      webSocket.on('close', () => {
        closed()
        its.delete(socket)
        leave(socket, sessionId)
      })
    },
    endSession,
    /** Tells the author, on every screen of theirs. */
    onRefused(refusal: Refusal): void {
      for (const socket of bySession.get(refusal.sessionId ?? '') ?? []) {
        const { clientId: id, postId, code, message } = refusal
        socket.send({ type: 'post.rejected', id, postId, code: code as ProblemCode, message })
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      for (const timer of timers) clearInterval(timer)
      for (const socket of all()) socket.close(closeCodes.goingAway, 'this gateway is going away')
    },
  }
}
export type Sockets = ReturnType<typeof createSockets>
