import { createHttpServer, type HttpServer, listen } from '@parvis/service/http-server'
import { createMetrics } from '@parvis/service/metrics'
import { pino } from 'pino'
import { LIVE_PATH } from '../live.route.ts'

/** A gateway's real HTTP server with these routes alone; it goes with `resources`. @returns its address */
export async function serve(
  resources: AsyncDisposableStack,
  addRoutes: (app: HttpServer) => void | Promise<void>,
): Promise<string> {
  const app = createHttpServer({
    log: pino({ level: 'silent' }),
    metrics: createMetrics('test'),
    readiness: () => ({}),
    bodyBytes: 1024,
    webSocketPath: LIVE_PATH,
  })
  await addRoutes(app)
  return resources.use(await listen(app, '127.0.0.1', 0)).url
}
