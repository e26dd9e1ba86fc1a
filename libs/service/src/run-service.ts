import { type Logger, pino } from 'pino'
import type { Static, TObject } from 'typebox'
import { openLogDestination } from './log-destination.ts'
import { loggedError } from './logged-error.ts'
import { ConfigError, readConfig } from './read-config.ts'

/** A process must be gone this long after it was asked to end; what it had in hand is then done again elsewhere. */
const STOP_MS = 10_000
/** The one end of which no more is said: the line before has told why. */
const NOT_STARTED = 'not started'

export interface ServiceContext<C> {
  config: C
  log: Logger
  /** Takes a resource into the process's care: all are released in reverse order when it ends. */
  own<R extends AsyncDisposable | Disposable>(resource: R): R
}

/**
 * Runs a process: reads its configuration (all faults in one line), acquires what `start` acquires, says that it is
 * ready, and at SIGTERM or SIGINT releases everything in reverse order, within 10 s, with exit code 0.
 * Exit code 1, after one line that says why, if it cannot start or something goes wrong that nobody handles.
 * @param start acquires in order through `own`; gives the address of its HTTP server
 */
export async function runService<S extends TObject>(
  name: string,
  schema: S,
  start: (context: ServiceContext<Static<S>>) => Promise<{ url: string }>,
): Promise<void> {
  const options = { base: { service: name }, serializers: { err: loggedError } }
  const destination = openLogDestination()
  let log = pino(options, destination)
  const resources = new AsyncDisposableStack()
  let ending = false

  async function end(code: number, reason: string): Promise<void> {
    // A terminal and a supervisor may both say it; the second time must not cut the first one short.
    if (ending) return
    ending = true
    const quiet = reason === NOT_STARTED
    if (!quiet) log.info({ reason }, 'ending')
    const late = setTimeout(() => {
      log.error({ ms: STOP_MS }, 'not ended in time, what was in hand is left to others')
      destination.exit(1)
    }, STOP_MS)
    try {
      await resources.disposeAsync()
    } catch (error) {
      log.error({ err: error }, 'releasing failed')
    }
    clearTimeout(late)
    if (!quiet) log.info('ended')
    destination.exit(code)
  }

  process.on('SIGTERM', () => void end(0, 'SIGTERM'))
  process.on('SIGINT', () => void end(0, 'SIGINT'))
  const broken = (error: unknown) => {
    log.fatal({ err: error }, 'something went wrong that nobody handles')
    void end(1, 'broken')
  }
  process.on('uncaughtException', broken)
  process.on('unhandledRejection', broken)
  if (process.env.PARVIS_SUPERVISED === '1') {
    // The supervisor holds the other end of stdin; when it dies, even by SIGKILL, the pipe closes.
    process.stdin
      .on('end', () => void end(0, 'the supervisor is gone'))
      .on('error', () => {})
      .resume()
  }

  try {
    const config = readConfig(schema)
    log = pino({ ...options, level: String(config.LOG_LEVEL ?? 'info') }, destination)
    const { url } = await start({ config, log, own: (resource) => resources.use(resource) })
    // Whoever started it waits for this line, so it is said whatever LOG_LEVEL is.
    if (!ending) pino(options, destination).info({ url, pid: process.pid }, 'ready')
  } catch (error) {
    const why = error instanceof ConfigError ? `configuration: ${error.message}` : reason(error)
    // Asked to end while it started: what it was still acquiring failed for that reason.
    if (ending) return
    log.fatal(`${name} cannot start: ${why}`)
    await end(1, NOT_STARTED)
  }
}

function reason(error: unknown): string {
  if (!Error.isError(error)) return String(error)
  return error.message || String((error as NodeJS.ErrnoException).code ?? error.name)
}
