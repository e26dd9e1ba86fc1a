import { connectBus } from '@parvis/bus/connect-bus'
import { brokerUse } from '@parvis/contracts/broker-rights'
import { BATCH_POSTS } from '@parvis/contracts/limits'
import { partitions } from '@parvis/contracts/partition'
import { PostRejected, parkedRefusal, postRejected, type Refusal } from '@parvis/contracts/post-rejected'
import { PostReviewed, postReviewed, type ReviewedPost } from '@parvis/contracts/post-reviewed'
import { bodyReader } from '@parvis/contracts/read-body'
import { queues } from '@parvis/contracts/topology'
import { createHttpServer, listen } from '@parvis/service/http-server'
import { batchBuckets, createMetrics } from '@parvis/service/metrics'
import { runService } from '@parvis/service/run-service'
import { createThreadPool } from '@parvis/service/thread-pool'
import { openMysql } from '@parvis/storage/mysql'
import { createChannelIds } from './channel-ids.ts'
import { config } from './config.ts'
import { dbPostsRoutes } from './db-posts.route.ts'
import { onPostRejected, purgeRefusals } from './on-post-rejected.ts'
import { onPostReviewed } from './on-post-reviewed.ts'

// The only writer of walls: gives each post its place in its channel. post.reviewed → post.stored

/** A batch of up to two full messages becomes rows inline: see docs/decisions/0003-where-threads-pay.md */
const INLINE_BELOW = 2 * BATCH_POSTS + 1
const PURGE_EVERY_MS = 10 * 60_000

await runService('db-writer', config, async ({ config, log, own }) => {
  const metrics = createMetrics('db-writer')
  const batches = metrics.histogram('parvis_store_batch_posts', 'posts stored in one transaction', batchBuckets)
  // One connection a partition, one for refusals, one for operators.
  const connections = partitions.length + 2
  const mysql = own(await openMysql({ url: config.MYSQL_URL, connections, severalStatements: true, log }))
  const ids = createChannelIds(mysql)
  const pool = own(
    await createThreadPool<ReviewedPost, string>(new URL('./rows.task.ts', import.meta.url), INLINE_BELOW),
  )
  const store = onPostReviewed({ mysql, ids, pool })
  const readReviewed = bodyReader(PostReviewed)
  const readRejected = bodyReader(PostRejected)

  const bus = own(
    await connectBus({
      url: config.RABBITMQ_URL,
      name: 'db-writer',
      use: brokerUse['db-writer'],
      log,
      consume: [
        ...partitions.map((partition) => ({
          queue: queues.dbWriter(partition),
          type: 'post.reviewed' as const,
          unpack: ({ content }: { content: Buffer }) => readReviewed(content).posts.map((item) => ({ item })),
          handle: (posts: readonly ReviewedPost[]) => {
            batches.observe(posts.length)
            return store(posts)
          },
          repack: (post: ReviewedPost) => postReviewed(partition, [post])[0]!.content,
          onParked: (post: ReviewedPost) => postRejected([parkedRefusal(post)]),
        })),
        {
          queue: queues.dbWriterRejected,
          type: 'post.rejected',
          unpack: ({ content }) => readRejected(content).refusals.map((item) => ({ item })),
          handle: onPostRejected({ mysql }),
          repack: (refusal: Refusal) => postRejected([refusal])[0]!.content,
        },
      ],
      share: { service: 'db-writer', queues: partitions.map(queues.dbWriter) },
    }),
  )
  const purge = setInterval(() => {
    purgeRefusals(mysql).catch((error) => log.warn({ err: error }, 'old refusals not removed'))
  }, PURGE_EVERY_MS)
  own({ [Symbol.dispose]: () => clearInterval(purge) })

  const app = createHttpServer({
    log,
    metrics,
    readiness: () => ({ rabbitmq: bus.state(), mysql: mysql.up() ? 'up' : 'down' }),
    bodyBytes: 1024 * 1024,
  })
  dbPostsRoutes(app, { mysql, bus, serviceToken: config.SERVICE_TOKEN })
  return own(await listen(app, config.HOST, config.PORT))
})
