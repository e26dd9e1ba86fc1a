import { fileURLToPath } from 'node:url'
import { whyNoDocker } from '@parvis/stack/docker-images'
import { openServers } from '@parvis/stack/open-servers'
import type { Log, Servers } from '@parvis/stack/servers'
import { startTestcontainers } from './testcontainers-servers.ts'

/** Where the test servers keep their data: apart from those of `npm start`, so both run side by side. */
const TEST_HOME = fileURLToPath(new URL('../../../.parvis/test', import.meta.url))

const HANDED_DOWN = 'PARVIS_TEST_SERVERS'
const log: Log = (line) => process.stderr.write(`${line}\n`)

/** One set of real servers for a whole run of tests, as `npm start` gets them, told to Jest's workers. */
export async function openTestServers(): Promise<AsyncDisposable> {
  return handDown(await openServers({ home: TEST_HOME, log }))
}

/** The same for `npm run e2e`: by Testcontainers where Docker is there, unless PARVIS_STACK or addresses say otherwise. */
export async function openE2eServers(): Promise<AsyncDisposable> {
  const { PARVIS_STACK, RABBITMQ_URL } = process.env
  if ((PARVIS_STACK && PARVIS_STACK !== 'docker') || RABBITMQ_URL) return await openTestServers()
  const why = await whyNoDocker(log)
  if (why && PARVIS_STACK) throw new Error(`PARVIS_STACK=docker, but Docker cannot be used: ${why}.`)
  if (why) {
    log(`e2e: not by Testcontainers: ${why}`)
    return await openTestServers()
  }
  log('e2e: servers by Testcontainers')
  try {
    return handDown(await startTestcontainers(log))
  } catch (error) {
    const hint = 'TESTCONTAINERS_RYUK_DISABLED=true where its reaper cannot be had, PARVIS_STACK=local without Docker'
    throw new Error(`Testcontainers could not start the servers (${hint}): ${explain(error)}`)
  }
}

const explain = (error: unknown) => (Error.isError(error) ? error.message.trim() : String(error))

function handDown(servers: Servers & AsyncDisposable): AsyncDisposable {
  const { how, rabbitmq, mysql, redis, pids } = servers
  // Tests post as fast as they can; those of the limits say `on`.
  process.env.LIMITS ??= 'off'
  process.env[HANDED_DOWN] = JSON.stringify({ how, rabbitmq, mysql, redis, pids } satisfies Servers)
  return servers
}

/** The servers of this run. Throws where no global set-up of Jest has opened any. */
export function testServers(): Servers {
  const handed = process.env[HANDED_DOWN]
  if (!handed) throw new Error('there are no test servers: run tests by npm test or npm run e2e')
  return JSON.parse(handed)
}
