import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Bus, connectBus } from '@parvis/bus/connect-bus'
import type { Outgoing } from '@parvis/contracts/outgoing'
import { partitions } from '@parvis/contracts/partition'
import { queues } from '@parvis/contracts/topology'
import type { Ground } from '@parvis/stack/ground'
import { manage } from '@parvis/stack/manage'
import { runJob } from '@parvis/stack/run-job'
import { type Service, startService } from '@parvis/stack/service'
import { serviceAccounts } from '@parvis/stack/service-accounts'
import { serviceEnv } from '@parvis/stack/service-env'
import { pino } from 'pino'
import { openStoredPosts, type StoredPosts } from './stored-posts.ts'

const STORED_MS = 120_000
const quiet = () => {}

/** db-writer with nobody before or behind it; disposal ends it. */
export interface LoneDbWriter extends AsyncDisposable {
  writer: Service
  stored: StoredPosts
  /** Puts the posts into its queues while it stands still, then lets it go. Resolves with the seconds until all are stored. */
  store(messages: readonly Outgoing[], posts: number): Promise<number>
}

/** Makes the tables and the broker's topology on this ground, and starts one db-writer there. */
export async function startLoneDbWriter(ground: Ground, signal: AbortSignal): Promise<LoneDbWriter> {
  const { servers } = ground
  await runJob('migrate', 'apps/db-writer/src/migrate.main.ts', { MYSQL_URL: servers.mysql.url }, quiet)
  const broker = { RABBITMQ_URL: servers.rabbitmq.url }
  await runJob('topology', 'infra/rabbitmq/src/declare-topology.main.ts', broker, quiet)
  // Its rights name the stores' tables too.
  await runJob('migrate stores', 'apps/message-store/src/migrate.main.ts', { MYSQL_URL: servers.mysql.url }, quiet)
  const addresses = await serviceAccounts(servers, quiet)
  const secret = () => randomBytes(32).toString('base64url')
  const settings = {
    addresses,
    jwtSecret: secret(),
    serviceToken: secret(),
    webRoot: undefined,
    port: 0,
    messageStores: [],
  }
  const resources = new AsyncDisposableStack()
  try {
    const stored = resources.use(await openStoredPosts(ground))
    const log = pino({ level: 'silent' })
    const bus: Bus = resources.use(await connectBus({ url: servers.rabbitmq.url, name: 'bench', log }))
    const env = { ...process.env, LOG_LEVEL: 'warn' }
    const writer = await startService('db-writer', {
      script: 'apps/db-writer/src/main.ts',
      env: serviceEnv('db-writer', { ...settings, env }),
      log: quiet,
      signal,
    })
    resources.defer(() => writer.stop())
    return {
      writer,
      stored,
      async store(messages, posts) {
        const wanted = (await stored.numbered()) + posts
        // Well below the broker's patience: two heartbeats of 6 s.
        writer.kill('SIGSTOP')
        try {
          await Promise.all(messages.map((message) => bus.publish(message)))
        } finally {
          writer.kill('SIGCONT')
        }
        const started = performance.now()
        for (const until = started + STORED_MS; (await stored.numbered()) < wanted; await delay(10)) {
          if (performance.now() > until) throw new Error(`${posts} rows were not stored in ${STORED_MS / 1000} s`)
        }
        const seconds = (performance.now() - started) / 1000
        await forgetStored(ground)
        return seconds
      },
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    }
  } catch (error) {
    await resources.disposeAsync()
    throw error
  }
}

/** Nobody takes what db-writer sends on; at 512 MiB the broker would refuse it. */
async function forgetStored({ servers: { rabbitmq } }: Ground): Promise<void> {
  const vhost = new URL(rabbitmq.url).pathname.slice(1)
  for (const partition of partitions) {
    await manage(rabbitmq.management, 'DELETE', `/api/queues/${vhost}/${queues.cacheWorker(partition)}/contents`)
  }
}
