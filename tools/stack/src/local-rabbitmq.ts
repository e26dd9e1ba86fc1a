import { createHash, randomBytes } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findProgram } from './find-program.ts'
import { freePort } from './free-port.ts'
import { amqpAnswers, managementAnswers } from './server-answers.ts'
import { type ServerProgram, startProgram } from './server-program.ts'
import type { Log } from './servers.ts'
import { waitUntil } from './wait-until.ts'

/** The user and the virtual host of the stack. */
const RABBITMQ_NAME = 'parvis'

/**
 * Starts RabbitMQ (3.10 or newer) on free ports of 127.0.0.1, its data in `<home>/rabbitmq`.
 * Both its programs are handed to `started` at once, before the broker answers (6.5 s on two idle cores).
 * @param plugins further ones that it ships with, and `settings`, lines of rabbitmq.conf, for them
 */
export async function startRabbitmq(
  home: string,
  password: string,
  {
    log,
    limitMs,
    started,
    plugins = [],
    settings = [],
  }: {
    log: Log
    limitMs: number
    started: (program: ServerProgram) => void
    plugins?: string[]
    settings?: string[]
  },
): Promise<{ url: string; management: string; pid: number }> {
  const folder = join(home, 'rabbitmq')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const [amqp, management, distribution, epmdPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  // Read again at each start: the account is always the one that secrets.json names. Relative names, for what a
  // folder's name may hold (a `#` would begin a comment).
  await writeFile(join(folder, 'account.json'), JSON.stringify(account(password)), { mode: 0o600 })
  await writeFile(
    join(folder, 'rabbitmq.conf'),
    [
      `listeners.tcp.1 = 127.0.0.1:${amqp}`,
      'management.tcp.ip = 127.0.0.1',
      `management.tcp.port = ${management}`,
      'load_definitions = account.json',
      ...settings,
      '',
    ].join('\n'),
  )
  const pidFile = join(folder, 'broker.pid')
  await writeFile(join(folder, 'enabled_plugins'), `[${['rabbitmq_management', ...plugins].join(',')}].\n`)

  // Erlang's port mapper, started here rather than by the broker: the broker's own would stay behind it.
  const epmdEnv = { ERL_EPMD_PORT: String(epmdPort), ERL_EPMD_ADDRESS: '127.0.0.1' }
  const epmd = await startProgram({
    name: 'epmd',
    command: findProgram('epmd') as string,
    args: [],
    env: epmdEnv,
    cwd: folder,
    logFile: join(home, 'logs', 'epmd.log'),
  })
  started(epmd)
  const broker = await startProgram({
    name: 'RabbitMQ',
    command: brokerScript() as string,
    args: [],
    cwd: folder,
    logFile: join(home, 'logs', 'rabbitmq.log'),
    env: {
      ...epmdEnv,
      // A fixed name: the data folder is called by it. Nodes of two stacks do not meet, each has its own epmd.
      RABBITMQ_NODENAME: 'parvis@localhost',
      RABBITMQ_MNESIA_BASE: folder,
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_LOGS: '-',
      // Some go to files all the same; the default folder is root's.
      RABBITMQ_LOG_BASE: join(home, 'logs'),
      RABBITMQ_PID_FILE: pidFile,
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
      ERL_CRASH_DUMP: '/dev/null',
      HOME: folder,
    },
  })
  started(broker)
  const user = `${RABBITMQ_NAME}:${password}@127.0.0.1`
  const servers = { url: `amqp://${user}:${amqp}/${RABBITMQ_NAME}`, management: `http://${user}:${management}` }
  await waitUntil(
    'RabbitMQ',
    async () => (await amqpAnswers(servers.url)) && (await managementAnswers(servers.management)),
    { limitMs, failed: Promise.race([broker.failed, epmd.failed]), log, hint: `Its log: ${broker.logFile}` },
  )
  // The program that was started is a shell script, which waits for the broker.
  return { ...servers, pid: Number(await readFile(pidFile, 'utf8')) }
}

/** The broker's own start script: Debian's in sbin is a wrapper that changes the user. */
export function brokerScript(): string | undefined {
  const found = findProgram('rabbitmq-server')
  if (!found) return undefined
  const beside = join(dirname(realpathSync(found)), 'rabbitmq-server')
  return existsSync(beside) ? beside : found
}

/** The stack's administrator and its virtual host, in the broker's own format of definitions. */
function account(password: string) {
  const salt = randomBytes(4)
  const hash = createHash('sha256').update(salt).update(password).digest()
  return {
    users: [
      {
        name: RABBITMQ_NAME,
        password_hash: Buffer.concat([salt, hash]).toString('base64'),
        hashing_algorithm: 'rabbit_password_hashing_sha256',
        tags: 'administrator',
      },
    ],
    vhosts: [{ name: RABBITMQ_NAME }],
    permissions: [{ user: RABBITMQ_NAME, vhost: RABBITMQ_NAME, configure: '.*', write: '.*', read: '.*' }],
  }
}
