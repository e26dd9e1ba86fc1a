import { connectBus } from '@parvis/bus/connect-bus'
import { userOf } from '@parvis/bus/open-connection'
import { brokerUse } from '@parvis/contracts/broker-rights'
import { partitions } from '@parvis/contracts/partition'
import { parkedRefusal, postRejected } from '@parvis/contracts/post-rejected'
import { queues } from '@parvis/contracts/topology'
import { createHttpServer, listen } from '@parvis/service/http-server'
import { batchBuckets, createMetrics } from '@parvis/service/metrics'
import { runService } from '@parvis/service/run-service'
import { createThreadPool } from '@parvis/service/thread-pool'
import { config } from './config.ts'
import { onPostCreated } from './on-post-created.ts'
import { type Candidate, readPostCreated, repackCandidate } from './read-post-created.ts'
import type { ReviewTask } from './review.task.ts'
import { defaultWordsNotWanted, fold, type Verdict } from './review-rules.ts'

// Is a post fit for the wall, what does it mention and link? post.created → post.reviewed | post.rejected

/** Below this many posts a batch is reviewed inline: see docs/decisions/0003-where-threads-pay.md */
const INLINE_BELOW = 16

await runService('post-worker', config, async ({ config, log, own }) => {
  const metrics = createMetrics('post-worker')
  const batches = metrics.histogram('parvis_review_batch_posts', 'posts reviewed at a time', batchBuckets)
  const pool = own(
    await createThreadPool<ReviewTask, Verdict>(new URL('./review.task.ts', import.meta.url), INLINE_BELOW),
  )
  const words = config.WORDS_NOT_WANTED?.split(',') ?? defaultWordsNotWanted
  const settings = { wordsNotWanted: words.map((word) => fold(word.trim())).filter(Boolean) }
  const handle = onPostCreated({ pool, settings })
  // Gateways publish as a user of their own, or, where one account serves all, as ours.
  const gateways = ['gateway', userOf(config.RABBITMQ_URL)]

  const bus = own(
    await connectBus({
      url: config.RABBITMQ_URL,
      name: 'post-worker',
      use: brokerUse['post-worker'],
      log,
      consume: partitions.map((partition) => ({
        queue: queues.postWorker(partition),
        type: 'post.created',
        unpack: (delivery) => readPostCreated(delivery, gateways),
        handle: (candidates: readonly Candidate[]) => {
          batches.observe(candidates.length)
          return handle(candidates)
        },
        repack: repackCandidate,
        onParked: (candidate: Candidate) => postRejected([parkedRefusal(candidate)]),
      })),
      share: { service: 'post-worker', queues: partitions.map(queues.postWorker) },
    }),
  )
  const app = createHttpServer({ log, metrics, readiness: () => ({ rabbitmq: bus.state() }), bodyBytes: 1024 })
  return own(await listen(app, config.HOST, config.PORT))
})
