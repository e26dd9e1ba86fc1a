import type { Entry } from '@parvis/contracts/post'
import WebSocket from 'ws'

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any
}

/** One HTTP request with a JSON body and a token. */
export async function call(
  url: string,
  method: string,
  { body, token, headers = {} }: { body?: unknown; token?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined }
}

/** Chooses a pseudo and gives the token. */
export async function tokenOf(gateway: string, pseudo: string): Promise<string> {
  const answer = await call(`${gateway}/auth/choose-pseudo`, 'POST', { body: { pseudo } })
  if (answer.status !== 201) throw new Error(`${pseudo}: ${answer.status} ${answer.body.detail}`)
  return answer.body.token
}

/** A reader that follows the client's rule of the live protocol and keeps what it was shown. */
export async function openReader(gateway: string, channel = 'wall') {
  const socket = new WebSocket(`${gateway.replace('http', 'ws')}/ws`, 'parvis.v1')
  // biome-ignore lint/suspicious/noExplicitAny: frames of every type
  const frames: any[] = []
  const entries: Entry[] = []
  const faults: string[] = []
  let last = 0
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data))
    frames.push(frame)
    if (frame.type === 'wall.snapshot') {
      entries.splice(0, entries.length, ...frame.entries)
      last = frame.last
    }
    if (frame.type !== 'wall.updated' || frame.last <= last) return
    if (frame.first > last + 1) faults.push(`hole: ${last} then ${frame.first}`)
    entries.push(...frame.entries.filter(({ seq }: Entry) => seq > last))
    last = frame.last
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  const send = (frame: object) => socket.send(JSON.stringify(frame))
  send({ type: 'wall.subscribe', channel })
  return {
    socket,
    frames,
    /** The last frame that no heartbeat has brought: positions may come behind any other. */
    lastFrame: () => frames.findLast(({ type }) => type !== 'wall.position'),
    entries,
    faults,
    send,
    [Symbol.dispose]: () => socket.terminate(),
  }
}
