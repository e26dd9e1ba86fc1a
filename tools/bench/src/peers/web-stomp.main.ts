// Run by web-stomp.ts: a RabbitMQ of its own with the Web-STOMP plugin, its data in a temporary folder, until it is told
// to end or the bench is gone. PORT is where browsers connect, PASSWORD that of the user `parvis`.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endSignal } from '@parvis/stack/end-signal'
import { startRabbitmq } from '@parvis/stack/local-rabbitmq'
import { runTool } from '@parvis/stack/run-tool'
import type { ServerProgram } from '@parvis/stack/server-program'

const START_LIMIT_MS = 85_000
// Nothing of it is kept: what has not ended by then is killed.
const STOP_LIMIT_MS = 2_000

const SETTINGS = [
  'web_stomp.tcp.ip = 127.0.0.1',
  `web_stomp.tcp.port = ${process.env.PORT}`,
  'web_stomp.tcp.backlog = 4096',
  // An hour: by default it ends a WebSocket whose client has been silent for a minute, and readers are silent.
  'web_stomp.ws_opts.idle_timeout = 3600000',
  // Its plain TCP sister, which comes with it, would listen on a port that everyone shares.
  'stomp.listeners.tcp = none',
  // The documentation's advice for very many queues: leave figures to others.
  'management_agent.disable_metrics_collector = true',
]

await runTool(async () => {
  const told = endSignal()
  const end = Promise.withResolvers<void>()
  told.addEventListener('abort', () => end.resolve())
  process.stdin.once('close', () => end.resolve()).resume()

  const home = await mkdtemp(join(tmpdir(), 'parvis-web-stomp-'))
  const programs: ServerProgram[] = []
  try {
    await mkdir(join(home, 'logs'))
    const starting = startRabbitmq(home, process.env.PASSWORD as string, {
      log: console.error,
      limitMs: START_LIMIT_MS,
      started: (program) => programs.push(program),
      plugins: ['rabbitmq_web_stomp'],
      settings: SETTINGS,
    })
    starting.then(() => console.log('ready')).catch(() => {})
    await Promise.race([end.promise, starting.then(() => end.promise)])
  } finally {
    // The port mapper, started first, is stopped last: the broker signs off there.
    for (const program of programs.toReversed()) await program.stop(STOP_LIMIT_MS)
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
})
