import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import websocket from '@fastify/websocket'
import { WebSocket } from 'ws'
import { liveRoute } from './live.route.ts'
import { serve } from './testing/serve.ts'

// The handshake of a gateway that has so many sockets, on a real server.

const resources = new AsyncDisposableStack()
let count = 0
let added = 0
let url = ''

beforeAll(async () => {
  url = await serve(resources, async (app) => {
    await app.register(websocket)
    const sockets = { count: () => count, add: () => added++ }
    liveRoute(app, { sockets, limits: { socket: () => {} }, allowedOrigins: [] } as never)
  })
  url = url.replace('http', 'ws')
})
afterAll(() => resources.disposeAsync())

/** The status of a handshake, and when to try again. */
async function knock() {
  const socket = new WebSocket(`${url}/ws`, 'parvis.v1')
  const opened = once(socket, 'open').then(() => [101])
  const refused = once(socket, 'unexpected-response') as Promise<[unknown, IncomingMessage]>
  const answer = await Promise.race([
    opened,
    refused.then(([, { statusCode, headers }]) => [statusCode, headers['retry-after']]),
  ])
  socket.terminate()
  return answer
}

test('a gateway has 20,000 sockets; one more is refused with 503, and welcome when one has gone', async () => {
  count = 20_000
  expect([await knock(), added]).toEqual([[503, '5'], 0])
  count = 19_999
  expect([await knock(), added]).toEqual([[101], 1])
})
