import { connectBus } from '@parvis/bus/connect-bus'
import { brokerUse } from '@parvis/contracts/broker-rights'
import { partitions } from '@parvis/contracts/partition'
import type { Entry } from '@parvis/contracts/post'
import { PostStored, postStored, type StoredPost } from '@parvis/contracts/post-stored'
import { bodyReader } from '@parvis/contracts/read-body'
import { queues } from '@parvis/contracts/topology'
import type { WallRequested } from '@parvis/contracts/wall-requested'
import { createHttpServer, listen } from '@parvis/service/http-server'
import { batchBuckets, createMetrics } from '@parvis/service/metrics'
import { runService } from '@parvis/service/run-service'
import { createThreadPool } from '@parvis/service/thread-pool'
import { openMysql } from '@parvis/storage/mysql'
import { openRedis } from '@parvis/storage/redis'
import { cachePostsRoutes } from './cache-posts.route.ts'
import { config } from './config.ts'
import { keepLeases } from './keep-leases.ts'
import { onPostStored } from './on-post-stored.ts'
import { onWallRequested } from './on-wall-requested.ts'
import { readWallRequested } from './read-wall-requested.ts'
import { createWindows } from './windows.ts'

// The only writer of the walls in Redis: keeps the newest of each channel there, and tells the gateways.
// post.stored → wall.updated; wall.requested → wall.updated, from MySQL

/** Below this many entries a batch is encoded inline: see docs/decisions/0003-where-threads-pay.md */
const INLINE_BELOW = 512
/** Questions are worth nothing after a second: they wait at the broker, which drops the old ones. */
const QUESTIONS_AHEAD = 32

await runService('cache-worker', config, async ({ config, log, own }) => {
  const metrics = createMetrics('cache-worker')
  const batches = metrics.histogram('parvis_cache_batch_posts', 'posts cached at a time', batchBuckets)
  const reads = metrics.counter('parvis_mysql_reads_total', 'requests for the wall that were answered from MySQL')
  const mysql = own(await openMysql({ url: config.MYSQL_URL, connections: 6, log }))
  const cache = own(openRedis({ url: config.REDIS_URL, log }))
  const windows = createWindows({ mysql, cache, prefix: config.REDIS_PREFIX })
  const pool = own(await createThreadPool<Entry, string>(new URL('./wire.task.ts', import.meta.url), INLINE_BELOW))
  const onStored = onPostStored({ windows, pool })
  const readStored = bodyReader(PostStored)

  const bus = own(
    await connectBus({
      url: config.RABBITMQ_URL,
      name: 'cache-worker',
      use: brokerUse['cache-worker'],
      log,
      consume: [
        ...partitions.map((partition) => ({
          queue: queues.cacheWorker(partition),
          type: 'post.stored' as const,
          unpack: ({ content }: { content: Buffer }) => readStored(content).posts.map((item) => ({ item })),
          handle: (posts: readonly StoredPost[]) => {
            batches.observe(posts.length)
            return onStored(posts)
          },
          repack: (post: StoredPost) => postStored(partition, [post])[0]!.content,
        })),
        {
          queue: queues.wallRequested,
          type: 'wall.requested',
          ahead: QUESTIONS_AHEAD,
          unpack: ({ content }) => [{ item: readWallRequested(content) }],
          handle: onWallRequested({ mysql, windows, log, onRead: () => reads.inc() }),
          repack: (request: WallRequested) => JSON.stringify(request),
        },
      ],
      share: { service: 'cache-worker', queues: partitions.map(queues.cacheWorker) },
    }),
  )
  own(keepLeases({ mysql, windows, publish: bus.publish, log }))

  const app = createHttpServer({
    log,
    metrics,
    readiness: () => ({
      rabbitmq: bus.state(),
      mysql: mysql.up() ? 'up' : 'down',
      redis: cache.up() ? 'up' : 'degraded',
    }),
    bodyBytes: 64 * 1024,
  })
  cachePostsRoutes(app, { cache, windows, prefix: config.REDIS_PREFIX, serviceToken: config.SERVICE_TOKEN })
  return own(await listen(app, config.HOST, config.PORT))
})
