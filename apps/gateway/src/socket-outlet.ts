import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Outlet } from './subscription.ts'

/**
 * Characters of answers that one browser may leave unread; then its connection ends. Broadcasts have a bound of their own
 * (a subscription falls behind), and share their bytes; answers are each its own.
 */
const MOST_UNREAD = 256 * 1024

/**
 * The way out to one browser. A class, of which there are tens of thousands: a broadcast goes through all of them, and
 * what it touches of each beyond the stream is most of what it costs above the write.
 */
export class SocketOutlet implements Outlet {
  readonly #socket: WebSocket
  readonly #stream: Socket
  #corked = false
  /** Characters of answers that may be unread, at most. */
  #unread = 0
  /** Made when someone waits for it: an idle socket does without. */
  #gone: AbortController | undefined
  #closed = false

  /** @param stream the connection below the socket */
  constructor(socket: WebSocket, stream: Socket) {
    this.#socket = socket
    this.#stream = stream
  }

  /** What is sent within one turn, say the answers to a hundred posts, goes out in one write. */
  send(message: string): void {
    // What is unsent may be answers, or broadcasts behind which they were all read: no more of them than that.
    this.#unread = Math.min(this.#unread, this.#stream.writableLength) + message.length
    if (this.#unread > MOST_UNREAD) return this.#socket.terminate()
    if (!this.#corked) {
      this.#corked = true
      this.#stream.cork()
      process.nextTick(() => {
        this.#corked = false
        this.#stream.uncork()
      })
    }
    this.#socket.send(message)
  }

  /**
   * Past ws, which would make a header and two writes of each: without compression it keeps nothing back either, so the
   * order of frames stays.
   */
  write(frame: Buffer): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#stream.write(frame)
  }

  unsentBytes(): number {
    return this.#stream.writableLength
  }

  get signal(): AbortSignal {
    if (this.#closed) return AbortSignal.abort()
    this.#gone ??= new AbortController()
    return this.#gone.signal
  }

  /** The socket is closed: whoever waits is woken. */
  onClosed(): void {
    this.#closed = true
    this.#gone?.abort()
  }
}
