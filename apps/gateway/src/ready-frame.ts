/** An empty ping as the bytes of its frame (RFC 6455, 5.5.2). */
export const PING = Buffer.from([0x89, 0x00])

/**
 * A text message as the bytes of one WebSocket frame from a server (RFC 6455, 5.2: FIN, opcode 1, not masked), made once
 * and written to every socket as it is: the write is what a delivery costs, so nothing else may be done per socket.
 */
export function readyFrame(text: Buffer | string): Buffer {
  const bytes = typeof text === 'string' ? Buffer.byteLength(text) : text.length
  const lengthBytes = bytes < 126 ? 0 : bytes < 65_536 ? 2 : 8
  const frame = Buffer.allocUnsafe(2 + lengthBytes + bytes)
  frame[0] = 0x81
  if (lengthBytes === 0) frame[1] = bytes
  else if (lengthBytes === 2) {
    frame[1] = 126
    frame.writeUInt16BE(bytes, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(bytes), 2)
  }
  if (typeof text === 'string') frame.write(text, 2 + lengthBytes)
  else text.copy(frame, 2 + lengthBytes)
  return frame
}
