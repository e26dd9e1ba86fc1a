// Broadcast as the README of ws shows it ("Server broadcast"): for each client, send. Nothing is stored.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import WebSocket, { WebSocketServer } from 'ws'
import { address, runUntilTold } from '../run-peer.mjs'

const server = createServer(async (request, response) => {
  const data = await buffer(request)
  // Bytes, as a message that came by WebSocket has them: a string would be encoded anew for each client.
  for (const client of sockets.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(data, { binary: false })
  }
  response.writeHead(204).end()
})
const sockets = new WebSocketServer({ server })
sockets.on('connection', (socket) => socket.on('error', console.error))

server.listen({ ...address, backlog: 4096 })
await once(server, 'listening')
runUntilTold()
