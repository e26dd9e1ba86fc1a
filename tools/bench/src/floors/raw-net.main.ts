// The floor of fan-out in Node: bytes made ready once, written to each socket. It answers every upgrade, reads nothing,
// and writes each line of its standard input to all as one text frame.
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

const sockets = new Set<Socket>()
const accepted = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'

const server = createServer({ noDelay: true }, (socket) => {
  socket.once('data', () => {
    socket.write(accepted)
    sockets.add(socket)
    socket.resume()
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => sockets.delete(socket))
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(JSON.stringify(server.address()))
})
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const frame = textFrame(Buffer.from(line))
    for (const socket of sockets) socket.write(frame)
  })
  .on('close', () => process.exit(0))

function textFrame(payload: Buffer): Buffer {
  const long = payload.length > 125
  const head = Buffer.alloc(long ? 4 : 2)
  head[0] = 0x81
  head[1] = long ? 126 : payload.length
  if (long) head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}
