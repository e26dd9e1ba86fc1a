import type { HttpServer } from '@parvis/service/http-server'
import { Refusal } from '@parvis/service/problem-answer'
import { MOST_SOCKETS, type Sockets } from './sockets.ts'

/** `GET /ws`: the live protocol. A page of another host is refused at the handshake. */
export function liveRoute(
  app: HttpServer,
  { sockets, allowedOrigins }: { sockets: Sockets; allowedOrigins: string[] },
): void {
  app.get(
    '/ws',
    {
      websocket: true,
      schema: { tags: ['live'], summary: 'The live protocol (subprotocol parvis.v1), described in /asyncapi.json' },
      preValidation: async (request) => {
        const { origin, host } = request.headers
        if (origin !== undefined && !allowedOrigins.includes(origin) && hostOf(origin) !== host) {
          throw new Refusal('origin-not-allowed')
        }
        if (sockets.count() >= MOST_SOCKETS) throw new Refusal('not-available', 'too many sockets', { retryAfterS: 5 })
      },
    },
    (socket) => sockets.add(socket),
  )
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
