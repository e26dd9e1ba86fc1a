// Bun's native publish, as its documentation shows it ("WebSockets", "Pub/Sub"). Nothing is stored.
import { address, runUntilTold } from '../run-peer.mjs'

const server = Bun.serve({
  hostname: address.host,
  port: address.port,
  async fetch(request, server) {
    if (request.method === 'POST') {
      server.publish('wall', await request.text())
      return new Response(null, { status: 204 })
    }
    if (server.upgrade(request)) return
    return new Response('A WebSocket or a POST is wanted', { status: 426 })
  },
  websocket: {
    open(socket) {
      socket.subscribe('wall')
    },
    message() {},
    // Off: a reader that only counts does not answer the pings by which Bun would find it idle.
    idleTimeout: 0,
  },
})
if (server.port !== address.port) throw new Error(`Bun listens on ${server.port}, not on ${address.port}`)
runUntilTold()
