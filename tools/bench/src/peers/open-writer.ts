import { setTimeout as delay } from 'node:timers/promises'

const ANSWER_LIMIT_MS = 10_000

/** How one protocol over a WebSocket says things; frames are text. */
export interface WriterProtocol {
  subprotocol?: string
  /** Sent after the upgrade. */
  hello: string[]
  /** True for the frame after which posts may be sent. */
  isOpen(frame: string): boolean
  /** The frame that posts `text` and asks for an answer to `number`. */
  write(text: string, number: number): string
  /** What a frame from the server answers or wants sent; nothing for one that is of no matter here. */
  read(frame: string): { answered?: number; error?: string; send?: string }
}

/**
 * A client of its own that only posts, and knows when each was taken. Resolves when it may post; a post rejects with
 * the server's refusal, when the socket closes, and after 10 s without an answer.
 */
export async function openWriter(url: string, protocol: WriterProtocol) {
  const socket = new WebSocket(url, protocol.subprotocol ? [protocol.subprotocol] : [])
  const waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void; since: number }>()
  const open = Promise.withResolvers<void>()
  let next = 1
  let closed: Error | undefined

  socket.addEventListener('open', () => {
    for (const frame of protocol.hello) socket.send(frame)
  })
  socket.addEventListener('message', ({ data }) => {
    const frame = String(data)
    if (protocol.isOpen(frame)) return open.resolve()
    const { answered, error, send } = protocol.read(frame)
    if (send !== undefined) socket.send(send)
    if (answered === undefined) return
    const post = waiting.get(answered)
    waiting.delete(answered)
    if (error) post?.reject(new Error(error))
    else post?.resolve()
  })
  socket.addEventListener('close', ({ code, reason }) => {
    closed = new Error(`${url} closed the writer's socket: ${code} ${reason}`)
    giveUp(closed, () => true)
    open.reject(closed)
  })

  function giveUp(error: Error, which: (since: number) => boolean) {
    for (const [number, post] of waiting) {
      if (!which(post.since)) continue
      waiting.delete(number)
      post.reject(error)
    }
  }
  // One timer for all: a timer a post would be the writer's own cost.
  const late = setInterval(() => {
    const limit = performance.now() - ANSWER_LIMIT_MS
    giveUp(new Error(`${url}: no answer in ${ANSWER_LIMIT_MS / 1000} s`), (since) => since < limit)
  }, 1_000)
  const close = () => {
    clearInterval(late)
    socket.close()
  }

  const left = new AbortController()
  const tooLate = delay(ANSWER_LIMIT_MS, undefined, { signal: left.signal }).then(
    () => Promise.reject(new Error(`${url}: the writer was not let in within ${ANSWER_LIMIT_MS / 1000} s`)),
    () => {},
  )
  try {
    await Promise.race([open.promise, tooLate])
  } catch (error) {
    close()
    throw error
  } finally {
    left.abort()
  }
  return {
    close,
    post: (text: string) =>
      new Promise<void>((resolve, reject) => {
        if (closed) return reject(closed)
        const number = next++
        waiting.set(number, { resolve, reject, since: performance.now() })
        socket.send(protocol.write(text, number))
      }),
  }
}
