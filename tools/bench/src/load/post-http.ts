import type { Socket } from 'node:net'
import { createByteCounter } from './count-bytes.ts'
import { openBytes } from './open-bytes.ts'
import { createStamp, nextPrefix, type PostLoad, TEMPLATE_ID, untilAnswered } from './post-load.ts'

/** Where and how a system takes a post over HTTP. */
export interface HttpPost {
  url: string
  headers: Record<string, string>
  /** The request's body. */
  body(text: string, id: string): string
}

/**
 * Posts over HTTP on connections that stay open, several requests on each before the first is answered (the answers come
 * in their order, RFC 9112), until it is stopped. Any answer of 2xx is a yes.
 * @param to in turn, one for each connection: so that connections post to different channels
 */
export function postByHttp(options: {
  to: readonly HttpPost[]
  text: string
  connections: number
  /** Requests of one connection without an answer. */
  pipelined: number
}): PostLoad {
  let stopped = false
  const { to, text, pipelined } = options
  const connections = Array.from({ length: options.connections }, (_, index) =>
    openConnection(to[index % to.length] as HttpPost, text),
  )
  for (const connection of connections) {
    const fill = () => {
      const room = pipelined - connection.open()
      if (!stopped && room > 0 && room >= pipelined / 4) connection.post(room)
    }
    connection.onAnswers(fill)
    fill()
  }
  const sum = (of: (connection: Connection) => number) => connections.reduce((total, one) => total + of(one), 0)
  return {
    accepted: () => sum(({ accepted }) => accepted()),
    refused: () => sum(({ answered, accepted }) => answered() - accepted()),
    async stop() {
      stopped = true
      await untilAnswered(
        () => sum(({ open }) => open()),
        () => connections.map(({ ended }) => ended()).find((why) => why !== undefined),
      )
    },
    [Symbol.dispose]() {
      stopped = true
      for (const { socket } of connections) socket.destroy()
    },
  }
}

interface Connection {
  socket: Socket
  post(count: number): void
  onAnswers(listener: () => void): void
  /** Requests without an answer. */
  open(): number
  answered(): number
  accepted(): number
  ended(): string | undefined
}

function openConnection({ url, headers, body }: HttpPost, text: string): Connection {
  const [isAnswer, isYes] = [createByteCounter('HTTP/1.1 '), createByteCounter('HTTP/1.1 2')]
  let [sent, answered, accepted] = [0, 0, 0]
  let listener = () => {}
  const { host, pathname } = new URL(url)
  const { socket, ended } = openBytes(url, (chunk) => {
    answered += isAnswer(chunk)
    accepted += isYes(chunk)
    listener()
  })
  const content = body(text, TEMPLATE_ID)
  const lines = Object.entries({
    host,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(content)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  const stamp = createStamp(Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${content}`), nextPrefix())
  return {
    socket,
    post(count) {
      sent += count
      socket.write(stamp(count))
    },
    onAnswers: (one) => {
      listener = one
    },
    open: () => sent - answered,
    answered: () => answered,
    accepted: () => accepted,
    ended,
  }
}
