import { closeCodes, SUBPROTOCOL } from '@parvis/contracts/live-protocol'
import type { HttpServer } from '@parvis/service/http-server'
import { Refusal } from '@parvis/service/problem-answer'
import { Type } from 'typebox'
import { refusals } from './answers.ts'
import type { Limits } from './limits.ts'
import { MOST_SOCKETS, type Sockets } from './sockets.ts'

export const LIVE_PATH = '/ws'

/**
 * `GET /ws`: the live protocol. A page of another host is told so by a close (1008) that follows the handshake at once,
 * and nothing that it says is heard: of a handshake that is refused, a browser tells its page nothing.
 */
export function liveRoute(
  app: HttpServer,
  { sockets, limits, allowedOrigins }: { sockets: Sockets; limits: Limits; allowedOrigins: string[] },
): void {
  app.get(
    LIVE_PATH,
    {
      websocket: true,
      // The plugin hides its routes from the document.
      config: { swaggerTransform: ({ schema, url }) => ({ schema: { ...schema, hide: false }, url }) },
      schema: {
        tags: ['live'],
        summary: 'The live protocol, a WebSocket: its frames are described in /asyncapi.json',
        headers: Type.Object({
          'sec-websocket-protocol': Type.Optional(Type.String({ description: SUBPROTOCOL })),
        }),
        response: {
          101: Type.Null({ description: 'The socket is open.' }),
          ...refusals('too-fast', 'not-available'),
        },
      },
      preValidation: async (request) => {
        if (!request.ws) throw new Refusal('not-found', 'a WebSocket is served here, nothing else')
        if (sockets.count() >= MOST_SOCKETS) throw new Refusal('not-available', 'too many sockets', { retryAfterS: 5 })
        limits.socket(request.ip)
      },
      // Nothing is answered through it any more. Left to the connection it would be kept for as long as the socket lives,
      // and the request with it: some 5 KB of the 12 that were alive of a socket.
      preHandler: async (request, reply) => reply.raw.detachSocket(request.raw.socket),
    },
    (socket, request) => {
      // The plugin's listener holds on to the whole request; ours follows at once.
      socket.removeAllListeners('error')
      sockets.add(socket, { address: request.ip, stream: request.raw.socket })
      const { origin, host } = request.headers
      if (origin !== undefined && !allowedOrigins.includes(origin) && hostOf(origin) !== host) {
        socket.close(closeCodes.policy, 'origin-not-allowed')
      }
    },
  )
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
