import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import type { Journal } from './journal.ts'
import type { Session } from './session.ts'
import type { Draft, Writer } from './writers.ts'

/** Posts that one socket has on their way; a gateway takes 200. */
const MOST_WAITING = 190
/** Longer than a gateway waits for a confirm: then the socket is given up for another. */
const SILENCE_MS = 15_000
const OPENING_MS = 8_000

let sockets = 0

/** Posts over a WebSocket as the page does: many on their way, all unanswered ones again on the next socket, in order. */
export function createSocketWriter(options: {
  session: Session
  gateways: readonly string[]
  journal: Journal
  first: number
}): Writer {
  const { session, gateways, journal } = options
  const unanswered = new Map<string, Draft>()
  let at = options.first
  let closed = false
  let socket: WebSocket | undefined
  let line = ''
  let ready = false
  let heard = Date.now()

  function connect(): void {
    if (closed) return
    const gateway = gateways[at % gateways.length]!
    const mine = new WebSocket(`${gateway.replace('http', 'ws')}/ws`, 'parvis.v1', { handshakeTimeout: OPENING_MS })
    socket = mine
    line = `socket ${++sockets}`
    heard = Date.now()
    mine.on('open', () => mine.send(JSON.stringify({ type: 'session.open', token: session.token })))
    mine.on('message', (data) => {
      heard = Date.now()
      onFrame(mine, gateway, JSON.parse(String(data)))
    })
    mine.on('error', () => {})
    mine.on('close', async () => {
      ready = false
      at++
      for (const _ of unanswered) journal.onUnanswered('lost')
      await sleep(100 + Math.random() * 400)
      if (socket === mine) connect()
    })
  }

  // biome-ignore lint/suspicious/noExplicitAny: frames of every type
  function onFrame(mine: WebSocket, gateway: string, frame: any): void {
    if (frame.type === 'session.opened') {
      ready = true
      for (const draft of unanswered.values()) send(draft)
    } else if (frame.type === 'post.accepted') {
      unanswered.delete(frame.id)
      if (frame.durable === false) journal.onNotDurable(frame.id)
      else journal.onAccepted(frame.id, { postId: frame.postId, line, gateway })
    } else if (frame.type === 'problem' && frame.id !== undefined) {
      if (frame.code === 'not-available' || frame.code === 'too-fast') return void later(mine, frame.id)
      unanswered.delete(frame.id)
      journal.onTurnedAway(frame.id, frame.code)
    } else if (frame.type === 'problem') {
      // The session could not be opened: on another socket, perhaps.
      mine.terminate()
    }
  }

  async function later(mine: WebSocket, id: string): Promise<void> {
    journal.onUnanswered('later')
    await sleep(100 + Math.random() * 900)
    const draft = unanswered.get(id)
    if (draft && socket === mine && ready) send(draft)
  }

  function send(draft: Draft): void {
    const { clientId: id, channel, text } = draft
    journal.onSending({ ...draft, author: session.pseudo }, line)
    socket!.send(JSON.stringify({ type: 'post.create', id, channel, text }))
  }

  const watch = setInterval(() => {
    const silent = Date.now() - heard > SILENCE_MS
    if (silent && (unanswered.size > 0 || !ready)) socket?.terminate()
  }, 1_000)
  connect()

  return {
    write(draft) {
      if (!ready || unanswered.size >= MOST_WAITING) return false
      if (unanswered.size === 0) heard = Date.now()
      unanswered.set(draft.clientId, draft)
      send(draft)
      return true
    },
    waiting: () => unanswered.size,
    close() {
      closed = true
      clearInterval(watch)
      socket?.terminate()
    },
  }
}
