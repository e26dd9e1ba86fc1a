import swagger from '@fastify/swagger'
import { openParkingLot } from '@parvis/bus/parking-lot'
import { HOUR_MS } from '@parvis/bus/stores/message-store'
import { mysqlMessageStore } from '@parvis/bus/stores/mysql-message-store'
import { redisIdempotencyStore } from '@parvis/bus/stores/redis-idempotency-store'
import { createHttpServer, listen } from '@parvis/service/http-server'
import { createMetrics } from '@parvis/service/metrics'
import { runService } from '@parvis/service/run-service'
import { openMysql } from '@parvis/storage/mysql'
import { openRedis } from '@parvis/storage/redis'
import { config } from './config.ts'
import { idempotencyRoutes } from './idempotency.route.ts'
import { messagesRoutes } from './messages.route.ts'
import { parkedRoutes } from './parked.route.ts'
import { watchStore } from './watch-store.ts'

// Keeps what publishers could not hand to the broker (MySQL), and who does or did what (Redis); for
// operators, what was set aside (RabbitMQ, which need not be there for the rest).

/** A command of 100 posts of 4 KiB, escaped twice, has 650 KiB. */
const BODY_BYTES = 1024 * 1024
/** Marks are not just speed: their Redis may take its time. */
const REDIS_MS = 2_000

await runService('message-store', config, async ({ config, log, own }) => {
  const metrics = createMetrics('message-store')
  const messages = metrics.counter('parvis_store_messages_total', 'messages of publishers, by what was done', {
    outcome: ['added', 'known', 'claimed', 'removed'],
  })
  const claims = metrics.counter('parvis_idempotency_claims_total', 'idempotency claims, by outcome', {
    outcome: ['won', 'lost'],
  })
  const mysql = own(await openMysql({ url: config.MYSQL_URL, connections: 8, log }))
  const cache = own(openRedis({ url: config.REDIS_URL, log, commandMs: REDIS_MS }))
  const store = mysqlMessageStore(mysql, {
    messages: config.STORE_MESSAGES,
    bytes: config.STORE_BYTES,
    expireMs: config.MESSAGE_EXPIRE_HOURS * HOUR_MS,
  })
  const marks = redisIdempotencyStore(cache.redis, {
    prefix: config.REDIS_PREFIX,
    keepMs: config.IDEMPOTENCY_KEEP_HOURS * HOUR_MS,
  })
  const watched = own(watchStore(store, log))
  metrics.gauge('parvis_stored_messages', 'messages that wait for the broker', () => watched.held().count)
  metrics.gauge('parvis_stored_bytes', 'bytes of their bodies', () => watched.held().bytes)
  metrics.gauge('parvis_stored_oldest_seconds', 'age of the oldest of them', () => watched.oldestSeconds())

  const app = createHttpServer({
    log,
    metrics,
    readiness: () => ({ mysql: mysql.up() ? 'up' : 'down', redis: cache.up() ? 'up' : 'degraded' }),
    bodyBytes: BODY_BYTES,
    // A message's id of 255 characters, of four bytes each, escaped.
    pathPartChars: 255 * 4 * 3,
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Parvis message store', version: '1' },
      components: { securitySchemes: { serviceToken: { type: 'http', scheme: 'bearer' } } },
    },
  })
  const { SERVICE_TOKEN: serviceToken } = config
  messagesRoutes(app, { store, serviceToken, log, count: (outcome, by = 1) => messages.inc({ outcome }, by) })
  idempotencyRoutes(app, { store: marks, serviceToken, log, count: (outcome) => claims.inc({ outcome }) })
  parkedRoutes(app, { lot: openParkingLot(config.RABBITMQ_URL), store, serviceToken, log })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  return own(await listen(app, config.HOST, config.PORT))
})
