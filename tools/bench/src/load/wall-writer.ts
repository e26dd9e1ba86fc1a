import { once } from 'node:events'
import { SUBPROTOCOL } from '@parvis/contracts/live-protocol'
import { v7 as uuid } from 'uuid'

// A gateway lets 200 posts of one socket wait for their answers.
const SOCKETS = 16
const ANSWER_MS = 30_000

/** Posts into one channel over a few WebSockets of one session, the same text never twice. `url` is a gateway's, http. */
export async function openWallWriter(url: string, channel: string, count = SOCKETS) {
  const response = await fetch(`${url}/auth/choose-pseudo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pseudo: `bench ${uuid().slice(-12)}` }),
  })
  if (response.status !== 201) throw new Error(`no session: ${response.status} ${await response.text()}`)
  const { token } = (await response.json()) as { token: string }
  const waiting = new Map<string, PromiseWithResolvers<void>>()
  const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(url, token)))
  for (const socket of sockets) {
    socket.addEventListener('message', ({ data }) => {
      const { type, id, message } = JSON.parse(String(data))
      const answer = waiting.get(id)
      waiting.delete(id)
      if (type === 'post.accepted') answer?.resolve()
      else answer?.reject(new Error(`a post was refused: ${message}`))
    })
  }
  let next = 0
  return {
    /** Resolves when the post is accepted: confirmed by the broker. */
    post(text: string): Promise<void> {
      const id = uuid()
      const answer = Promise.withResolvers<void>()
      waiting.set(id, answer)
      sockets[next++ % count]!.send(JSON.stringify({ type: 'post.create', id, channel, text }))
      return answer.promise
    },
    close(): void {
      for (const socket of sockets) socket.close()
      for (const { reject, promise } of waiting.values()) {
        promise.catch(() => {})
        reject(new Error('not answered before the end'))
      }
    },
  }
}

async function openSocket(url: string, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, SUBPROTOCOL)
  await once(socket, 'open', { signal: AbortSignal.timeout(ANSWER_MS) })
  const opened = once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_MS) })
  socket.send(JSON.stringify({ type: 'session.open', token }))
  await opened
  return socket
}
