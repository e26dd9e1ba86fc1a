import { resolve } from 'node:path'
import cors from '@fastify/cors'
import jwt from '@fastify/jwt'
import websocket from '@fastify/websocket'
import { type Bus, connectBus } from '@parvis/bus/connect-bus'
import { createRepublisher, type Republisher } from '@parvis/bus/republish'
import { createStores } from '@parvis/bus/stores/create-stores'
import { brokerUse } from '@parvis/contracts/broker-rights'
import { CLIENT_FRAME_BYTES, HTTP_BODY_BYTES } from '@parvis/contracts/limits'
import { SUBPROTOCOL } from '@parvis/contracts/live-protocol'
import { createHttpServer, listen } from '@parvis/service/http-server'
import { createMetrics } from '@parvis/service/metrics'
import { runService } from '@parvis/service/run-service'
import { openMysql } from '@parvis/storage/mysql'
import { openRedis } from '@parvis/storage/redis'
import { postAcceptance } from './accept-post.ts'
import { answerReady } from './answer-ready.ts'
import { apiDocuments } from './api-documents.ts'
import { createAskWall } from './ask-wall.ts'
import { authRoutes } from './auth.route.ts'
import { createChannels } from './channels.ts'
import { config } from './config.ts'
import { corsHeaders, corsPolicy } from './cors-policy.ts'
import { createLimits } from './limits.ts'
import { LIVE_PATH, liveRoute } from './live.route.ts'
import { onBroadcast } from './on-broadcast.ts'
import { pagesRoute } from './pages.route.ts'
import { postIds } from './post-id.ts'
import { createPostLanes } from './post-lanes.ts'
import { createPostOutcomes } from './post-outcomes.ts'
import { postsRoutes } from './posts.route.ts'
import { createReadPage, type PageAnswer } from './read-page.ts'
import { createReadPost } from './read-post.ts'
import { securityHeaders } from './security-headers.ts'
import { serveWeb } from './serve-web.ts'
import { createSessions } from './sessions.ts'
import { createSessionsTable } from './sessions-table.ts'
import { createSockets } from './sockets.ts'

// The front door: HTTP and sockets in, commands out; broadcasts in, frames out.

const PURGE_EVERY_MS = 10 * 60_000

await runService('gateway', config, async ({ config, log, own }) => {
  const metrics = createMetrics('gateway')
  const sources = ['memory', 'redis', 'mysql'] as const
  const reads = metrics.tally('parvis_reads_total', 'pages read, by where they came from', 'source', sources)
  const keptPosts = metrics.counter(
    'parvis_posts_kept_total',
    'posts that the broker did not take, by who keeps them',
    {
      by: ['store', 'memory'],
    },
  )
  const mysql = own(await openMysql({ url: config.MYSQL_URL, connections: 4, log }))
  const cache = own(openRedis({ url: config.REDIS_URL, log }))
  const instance = config.INSTANCE ?? crypto.randomUUID().slice(0, 8)
  // Another process of this instance begins anew: what this one stored is not behind its own posts.
  const source = `${instance}.${crypto.randomUUID().slice(0, 8)}`
  const stores = own(
    createStores(config, {
      source,
      log,
      serviceToken: config.SERVICE_TOKEN,
      sql: mysql,
      redis: { scripts: cache.redis, prefix: config.REDIS_PREFIX },
    }),
  )
  // The parts below and the bus need each other; nothing is published before `connectBus` has resolved.
  let bus: Bus | undefined
  let republisher: Republisher | undefined
  const publish: Bus['publish'] = (message, headers) => bus!.publish(message, headers)

  const app = createHttpServer({
    log,
    metrics,
    readiness: () => ({
      // Once it is up, posts go on without the broker: the stores keep them.
      rabbitmq: bus ? (bus.state() === 'up' ? 'up' : 'degraded') : 'down',
      stores: stores.state(),
      mysql: mysql.up() ? 'up' : 'degraded',
      redis: cache.up() ? 'up' : 'degraded',
    }),
    bodyBytes: HTTP_BODY_BYTES,
    proxies: config.PROXIES,
    webSocketPath: LIVE_PATH,
  })
  securityHeaders(app)
  const allowedOrigins = config.ALLOWED_ORIGINS.split(',')
    .map((origin) => origin.trim())
    .filter(Boolean)
  if (allowedOrigins.length > 0) await app.register(cors, { origin: allowedOrigins, ...corsPolicy })
  await app.register(jwt, {
    secret: config.JWT_SECRET,
    sign: { algorithm: 'HS256' },
    verify: { algorithms: ['HS256'] },
  })
  await apiDocuments(app)
  await app.register(websocket, {
    options: {
      maxPayload: CLIENT_FRAME_BYTES,
      // A message that never ends would be kept piece by piece: ws allows 16,384 of them, which take 1.8 MB.
      maxFragments: 16,
      maxBufferedChunks: 1_024,
      perMessageDeflate: false,
      handleProtocols: (offered: Set<string>) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    },
  })

  const ask = createAskWall({ publish, instance })
  const channels = createChannels({ ask, cache, prefix: config.REDIS_PREFIX, log })
  const table = createSessionsTable(mysql)
  const sessions = createSessions({ jwt: app.jwt, table, log })
  const purge = setInterval(() => {
    table.purge().catch((error) => log.warn({ err: error }, 'old sessions not removed'))
  }, PURGE_EVERY_MS)
  own({ [Symbol.dispose]: () => clearInterval(purge) })
  const outcomes = createPostOutcomes()
  const lanes = createPostLanes({
    publish,
    store: stores.messages,
    source,
    onKept(posts, { durable }) {
      keptPosts.inc({ by: durable ? 'store' : 'memory' }, posts)
      republisher?.kick()
    },
    log,
  })
  const limits = createLimits(config)
  const acceptance = postAcceptance({ postId: postIds(config.JWT_SECRET), lanes, limits })
  const { HEARTBEAT_MS: heartbeatMs } = config
  const sockets = createSockets({ channels, ask, sessions, acceptance, table, limits, heartbeatMs, log })
  metrics.gauge('parvis_sockets', 'open sockets', sockets.count)
  metrics.gauge('parvis_channels', 'channels in memory', channels.size)
  metrics.gauge('parvis_posts_waiting', 'accepted posts that wait for the broker', lanes.waiting)
  metrics.gauge(
    'parvis_messages_in_memory',
    'messages that would be lost with this process',
    () => stores.inMemory().count,
  )

  authRoutes(app, { sessions, table, publish, limits, onEnded: sockets.endSession })
  const readPage = createReadPage({ channels, ask, cache, limits, prefix: config.REDIS_PREFIX })
  const onRead = (source: PageAnswer['source']) => reads[source]++
  postsRoutes(app, { sessions, acceptance, outcomes, readPost: createReadPost(mysql), limits })
  pagesRoute(app, { readPage: readPage.read, onRead })
  answerReady(app, {
    newest: readPage.newest,
    headers: allowedOrigins.length > 0 ? corsHeaders : {},
    onRead: () => onRead('memory'),
  })
  liveRoute(app, { sockets, limits, allowedOrigins })
  if (config.WEB_ROOT) await serveWeb(app, resolve(config.WEB_ROOT))

  const onMessage = onBroadcast({ ask, channels, outcomes, sessions, sockets })
  const listener = { onMessage, onUp: channels.onUp, onDown: channels.onDown }
  bus = own(
    await connectBus({
      url: config.RABBITMQ_URL,
      name: `gateway ${instance}`,
      log,
      use: brokerUse.gateway,
      listen: { instance, listener },
    }),
  )
  const { messages: store } = stores
  republisher = own(
    createRepublisher({
      store,
      publish,
      owner: source,
      log,
      expireHours: config.MESSAGE_EXPIRE_HOURS,
      isUp: () => bus?.state() === 'up',
      onPass: (partition, { left }) => !left && lanes.onDrained(partition),
    }),
  )
  const address = own(await listen(app, config.HOST, config.PORT))
  own(sockets)
  return address
})
