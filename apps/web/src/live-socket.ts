import type { ClientFrame, GatewayFrame } from '@parvis/contracts/live-protocol'
import { backoff, LONGEST_WAIT_MS } from './backoff.ts'
import type { Clock } from './clock.ts'

// One WebSocket that comes back by itself. It knows nothing of walls and posts: frames in, frames out.

/** How long the handshake may take. */
export const CONNECT_LIMIT_MS = 10_000
/** A socket on which nothing came for this many heartbeats is dead: one may be late, two are not. */
const SILENT_HEARTBEATS = 2.5
/** A connection that lasted this long was a good one: waiting begins from the shortest again. */
const GOOD_CONNECTION_MS = 10_000

/** The part of a browser's WebSocket that is used. */
export interface SocketLike {
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
  send(data: string): void
  close(code?: number): void
}

export type SocketState = { name: 'connecting' } | { name: 'open' } | { name: 'waiting'; until: number }

export interface LiveSocketOptions {
  open(): SocketLike
  clock: Clock
  /** Milliseconds between heartbeats until a gateway says otherwise. */
  heartbeatMs: number
  onState(state: SocketState): void
  onFrame(frame: GatewayFrame): void
  /** The gateway's close code, before the next try is planned; 1006 is a connection lost. */
  onClosed(code: number): void
}

export interface LiveSocket {
  start(): void
  stop(): void
  /** @returns whether the socket was open; false means that the frame was not sent */
  send(frame: ClientFrame): boolean
  /** Tries now if it is waiting, and looks whether an open socket is still alive (the device may have slept). */
  wake(): void
  /** Takes an open socket for lost on which nothing has come for so long. @returns whether it was one */
  giveUpIfQuiet(ms: number): boolean
  /** Closes and opens again, at once. */
  reconnect(): void
}

export function createLiveSocket(options: LiveSocketOptions): LiveSocket {
  const { clock } = options
  let socket: SocketLike | undefined
  let isOpen = false
  let openedAt = 0
  let lastFrameAt = 0
  let heartbeatMs = options.heartbeatMs
  let tries = 0
  let running = false
  let cancelTimer = () => {}

  function timer(ms: number, callback: () => void) {
    cancelTimer()
    cancelTimer = clock.after(ms, callback)
  }

  function connect() {
    letGo()
    running = true
    options.onState({ name: 'connecting' })
    const mine = options.open()
    socket = mine
    timer(CONNECT_LIMIT_MS, () => lost(1006))
    mine.onopen = () => {
      if (socket !== mine) return
      isOpen = true
      openedAt = lastFrameAt = clock.now()
      watch()
      options.onState({ name: 'open' })
    }
    mine.onmessage = ({ data }) => {
      if (socket !== mine) return
      lastFrameAt = clock.now()
      const frame = parse(data)
      if (frame?.type === 'session.opened' && frame.heartbeatMs > 0) heartbeatMs = frame.heartbeatMs
      if (frame) options.onFrame(frame)
    }
    mine.onclose = ({ code }) => {
      if (socket === mine) lost(code)
    }
  }

  function watch() {
    const silentAt = lastFrameAt + SILENT_HEARTBEATS * heartbeatMs
    timer(Math.max(0, silentAt - clock.now()) + 1, () => (isSilent() ? lost(1006) : watch()))
  }

  function isSilent() {
    return clock.now() - lastFrameAt > SILENT_HEARTBEATS * heartbeatMs
  }

  function lost(code: number) {
    if (isOpen && clock.now() - openedAt >= GOOD_CONNECTION_MS) tries = 0
    letGo()
    options.onClosed(code)
    // The callback may have stopped or reconnected.
    if (!running || socket) return
    const ms = waitAfter(code, tries, clock.random())
    tries++
    options.onState({ name: 'waiting', until: clock.now() + ms })
    timer(ms, connect)
  }

  function letGo() {
    cancelTimer()
    const old = socket
    socket = undefined
    isOpen = false
    if (!old) return
    old.onopen = old.onmessage = old.onclose = null
    old.close(1000)
  }

  return {
    start: connect,
    stop() {
      running = false
      letGo()
    },
    send(frame) {
      if (!socket || !isOpen) return false
      socket.send(JSON.stringify(frame))
      return true
    },
    wake() {
      if (!running) return
      if (!socket) connect()
      else if (isOpen && isSilent()) lost(1006)
    },
    giveUpIfQuiet(ms) {
      if (!isOpen || clock.now() - lastFrameAt < ms) return false
      lost(1006)
      return true
    },
    reconnect: connect,
  }
}

/** How long to wait after a connection ended with `code`, in milliseconds. */
export function waitAfter(code: number, tries: number, random: number): number {
  // A server that goes down tells all its sockets in the same moment: their returns are spread over 5 s.
  if (code === 1001) return backoff(tries, random, 5_000)
  if (code === 4429) return 5_000 + backoff(tries + 3, random)
  // Refused for what this page is, not for the moment: asking often changes nothing.
  if (code === 1008) return LONGEST_WAIT_MS / 2 + (random * LONGEST_WAIT_MS) / 2
  return backoff(tries, random)
}

function parse(data: unknown): GatewayFrame | undefined {
  try {
    const frame = JSON.parse(String(data)) as GatewayFrame | null
    return typeof frame?.type === 'string' ? frame : undefined
  } catch {
    return undefined
  }
}
