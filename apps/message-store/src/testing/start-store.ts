import { randomBytes } from 'node:crypto'
import type { Ground } from '@parvis/stack/ground'
import { runJob } from '@parvis/stack/run-job'
import { startService } from '@parvis/stack/service'

/** The real service as a process of its own, on a test file's ground. */
export async function startStore({ servers, redisPrefix }: Ground, env: NodeJS.ProcessEnv = {}) {
  const token = randomBytes(32).toString('base64url')
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  await runJob('migrate', 'apps/message-store/src/migrate.main.ts', { MYSQL_URL: servers.mysql.url }, log)
  const service = await startService('message-store', {
    script: 'apps/message-store/src/main.ts',
    env: {
      ...process.env,
      RABBITMQ_URL: servers.rabbitmq.url,
      MYSQL_URL: servers.mysql.url,
      REDIS_URL: servers.redis.url,
      REDIS_PREFIX: redisPrefix,
      SERVICE_TOKEN: token,
      PORT: '0',
      PARVIS_SUPERVISED: '1',
      ...env,
    },
    log,
  })
  return {
    url: service.url,
    token,
    service,
    /** What it has logged. */
    lines,
    [Symbol.asyncDispose]: () => service.stop(),
  }
}
