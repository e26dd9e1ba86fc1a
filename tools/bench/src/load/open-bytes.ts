import { connect, type Socket } from 'node:net'

/**
 * Connects to a server, and gives the bytes that come in one buffer that is used again for the next: nothing is made per
 * chunk. What ends the connection is kept for who asks.
 */
export function openBytes(
  url: string,
  onBytes: (chunk: Buffer) => void,
): { socket: Socket; ended(): string | undefined } {
  const { hostname, port } = new URL(url)
  const buffer = Buffer.alloc(256 * 1024)
  let ended: string | undefined
  const socket = connect({
    host: hostname,
    port: Number(port),
    noDelay: true,
    onread: {
      buffer,
      callback(length) {
        onBytes(buffer.subarray(0, length))
        return true
      },
    },
  })
  socket.on('error', (error) => {
    ended ??= error.message
  })
  socket.on('close', () => {
    ended ??= 'closed'
  })
  return { socket, ended: () => ended }
}
