import fastifyStatic from '@fastify/static'
import type { HttpServer } from '@parvis/service/http-server'

/** Serves the built page: the document is asked for anew each time, its hashed parts are kept for a year. */
export async function serveWeb(app: HttpServer, root: string): Promise<void> {
  await app.register(fastifyStatic, {
    root,
    cacheControl: false,
    setHeaders(reply, path) {
      const hashed = path.includes('/assets/')
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}
