import { randomBytes } from 'node:crypto'
import { SUBPROTOCOL } from '@parvis/contracts/live-protocol'
import { openBytes } from './open-bytes.ts'

const OPEN_MS = 10_000
/** A gateway closes a socket that leaves two heartbeats (of 25 s) unanswered. */
const PONG_EVERY_MS = 10_000
/** Long enough for any answer to a handshake. */
const HEAD_BYTES = 16 * 1024

export interface RawSocket extends Disposable {
  /** Writes bytes as they are: one frame or many. */
  write(bytes: Buffer): void
  /** Why it ended, once it has. */
  ended(): string | undefined
}

/**
 * Opens a WebSocket on a gateway with nothing of a client in it: `onBytes` gets the raw bytes of frames, in one buffer
 * that is used again for the next. Resolves when it is open; rejects when the gateway refuses, or after 10 s.
 */
export async function openRawSocket(gateway: string, onBytes: (chunk: Buffer) => void): Promise<RawSocket> {
  const { host } = new URL(gateway)
  const opened = Promise.withResolvers<void>()
  const timer = setTimeout(() => opened.reject(new Error(`no handshake in ${OPEN_MS / 1000} s`)), OPEN_MS)
  let head: Buffer | undefined = Buffer.alloc(0)

  function readHead(chunk: Buffer): void {
    head = Buffer.concat([head as Buffer, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0 && head.length < HEAD_BYTES) return
    const status = head.subarray(0, 12).toString()
    if (end < 0 || status !== 'HTTP/1.1 101') return opened.reject(new Error(`the gateway answers ${status}`))
    const rest = head.subarray(end + 4)
    head = undefined
    opened.resolve()
    if (rest.length > 0) onBytes(rest)
  }

  const { socket, ended } = openBytes(gateway, (chunk) => {
    if (head) readHead(chunk)
    else onBytes(chunk)
  })
  socket.once('close', () => opened.reject(new Error(ended())))
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
  )
  try {
    await opened.promise
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
  const pongs = setInterval(() => socket.write(PONG), PONG_EVERY_MS)
  return {
    write: (bytes) => void socket.write(bytes),
    ended,
    [Symbol.dispose]() {
      clearInterval(pongs)
      socket.destroy()
    },
  }
}

/**
 * A client's text frame of at most 65,535 bytes, ready to be written. It is masked, as it must be, with the key 0, which
 * leaves the bytes as they are: so a part of it can be overwritten in place.
 */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const long = payload.length > 125
  const head = Buffer.alloc(long ? 8 : 6)
  head[0] = 0x81
  head[1] = 0x80 | (long ? 126 : payload.length)
  if (long) head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}

// One that nobody asked for is allowed (RFC 6455, 5.5.3), and answers every ping so far.
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])
