import { openBytes } from './open-bytes.ts'

/** A connection that stays open, for one request at a time. */
export interface GetConnection extends Disposable {
  /** Sends the bytes of a request. */
  ask(request: Buffer): void
  /** Why it ended, once it has. */
  ended(): string | undefined
}

/**
 * Opens a connection whose answers are not parsed beyond their length: bodies are counted and dropped.
 * @param onAnswer called with the head of an answer when all of the answer is here
 */
export function openGetConnection(url: string, onAnswer: (head: string) => void): GetConnection {
  let head = ''
  let bodyLeft = 0

  function read(chunk: Buffer): void {
    if (bodyLeft > 0) {
      bodyLeft -= chunk.length
      if (bodyLeft <= 0) onAnswer(head)
      return
    }
    const text = head + chunk.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    head = end < 0 ? text : text.slice(0, end)
    if (end < 0) return
    const length = Number(/\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
    bodyLeft = length - (text.length - end - 4)
    if (bodyLeft <= 0) onAnswer(head)
  }

  const { socket, ended } = openBytes(url, read)
  return {
    ask(request) {
      head = ''
      bodyLeft = 0
      socket.write(request)
    },
    ended,
    [Symbol.dispose]: () => void socket.destroy(),
  }
}

/** The bytes of a GET of this address. */
export function getRequest(url: string): Buffer {
  const { host, pathname, search } = new URL(url)
  return Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
}
