import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Outlet } from './subscription.ts'

/**
 * The way out to one browser. A class, of which there are tens of thousands: a broadcast goes through all of them, and
 * what it touches of each beyond the stream is most of what it costs above the write.
 */
export class SocketOutlet implements Outlet {
  readonly #socket: WebSocket
  readonly #stream: Socket
  #corked = false
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
