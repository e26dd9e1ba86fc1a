import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { keepUp } from './keep-up.ts'
import { parse, renderLine, renderLog } from './render-log.ts'
import { ROOT } from './run-job.ts'
import { killGroup } from './server-program.ts'
import { type Log, PlainError } from './servers.ts'

// Services wait up to 60 s for a server that is not there yet, then say which it was and end; loading a process may take
// as long on a machine whose disk or memory is busy.
const READY_LIMIT_MS = 180_000

export type Service = Awaited<ReturnType<typeof startService>>

export type ServiceEvents = {
  /** It can be used, at `url`, as process `pid`. */
  ready: [{ url: string; pid: number }]
  exit: [{ pid: number; code: number | null; signal: NodeJS.Signals | null }]
}

/**
 * Starts one process and keeps it up; resolves when it has said that it is ready, and rejects with its last words when
 * it ends before, or is given up by `signal`. One that ends later is started again after 0.5 s, doubling to 10 s, unless
 * `restart` is false.
 * @param name what people see before each line of its log
 */
export async function startService(
  name: string,
  options: {
    script: string
    env: NodeJS.ProcessEnv
    log: Log
    /** Takes each line whole, as the process wrote it; `log` gets it shortened, for people. */
    said?: (line: string) => void
    restart?: boolean
    signal?: AbortSignal
  },
) {
  const { script, env, log, said, restart = true, signal } = options
  const events = new EventEmitter<ServiceEvents>()
  let stopped = new AbortController()
  let child: ChildProcess | undefined
  let running: Promise<unknown> = Promise.resolve()
  let url = ''

  /** Starts the process; `ready` settles when it says so or ends, `ended` when it has ended. */
  function launch() {
    const current = spawn(process.execPath, [resolve(ROOT, script)], {
      cwd: ROOT,
      env,
      // A group of its own, so that a Ctrl-C in the terminal does not end all at once, in no order. Its standard
      // input is its sign of our life: the kernel closes it when we die.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child = current
    const pid = current.pid as number
    current.stdin.on('error', () => {})
    const ready = Promise.withResolvers<void>()
    ready.promise.catch(() => {})
    let lastWords = 'it said nothing'
    const read = (line: string) => {
      said?.(line)
      log(renderLog(name, line))
      const entry = parse(line)
      if (entry?.msg === 'ready' && typeof entry.url === 'string') {
        url = entry.url
        ready.resolve()
        events.emit('ready', { url, pid })
      } else if (!entry || Number(entry.level) >= 60) lastWords = String(entry?.msg ?? line)
    }
    createInterface({ input: current.stdout }).on('line', read)
    createInterface({ input: current.stderr }).on('line', read)
    const { promise: ended, resolve: end } = Promise.withResolvers<string>()
    const onEnd = (how: string) => {
      ready.reject(new PlainError(`${name} ended before it was ready (${how}): ${lastWords}`))
      end(how)
    }
    current.once('close', (code, signal) => {
      events.emit('exit', { pid, code, signal })
      onEnd(signal ?? `exit ${code}`)
    })
    // It could not be started, say because node itself is being replaced by npm. With a process, a signal was not sent.
    current.on('error', (error) => current.pid === undefined && onEnd(error.message))
    return { ready: ready.promise, ended }
  }

  const isUp = () => child !== undefined && child.exitCode === null && child.signalCode === null

  async function stop(limitMs = 10_000): Promise<void> {
    stopped.abort()
    if (isUp()) child?.kill('SIGTERM')
    const left = new AbortController()
    const late = delay(limitMs, 'late', { signal: left.signal }).catch(() => 'ended')
    if ((await Promise.race([running, late])) === 'late') {
      log(renderLine(name, `not ended after ${limitMs / 1000} s: killed`))
      if (child?.pid !== undefined) killGroup(child.pid, 'SIGKILL')
      await running
    }
    left.abort()
  }

  async function start(): Promise<void> {
    if (isUp()) throw new Error(`${name} is up already`)
    signal?.throwIfAborted()
    stopped = new AbortController()
    const launched = launch()
    const limit = new AbortController()
    const late = delay(READY_LIMIT_MS, 'late', { signal: limit.signal }).catch(() => 'ready')
    const giveUp = () => child?.kill('SIGKILL')
    signal?.addEventListener('abort', giveUp)
    try {
      if ((await Promise.race([launched.ready, late])) === 'late') {
        throw new PlainError(`${name} was not ready after ${READY_LIMIT_MS / 1000} s.`)
      }
    } catch (error) {
      if (isUp()) killGroup(child?.pid as number, 'SIGKILL')
      await launched.ended
      throw error
    } finally {
      limit.abort()
      signal?.removeEventListener('abort', giveUp)
    }
    // `launch` itself throws where there may be no process at the moment: one more end, after which it is tried again.
    const again = async () => launch()
    const say = (how: string, seconds: number) => log(renderLine(name, `ended (${how}); starts again in ${seconds} s`))
    running = restart ? keepUp(launched, again, { say, stopped: stopped.signal }) : launched.ended
  }

  await start()
  return {
    name,
    events,
    get url() {
      return url
    },
    /** The process that runs now; while it is down, the one that ran last. */
    get pid() {
      return child?.pid as number
    },
    /** True while a process runs, ready or not. */
    get isUp() {
      return isUp()
    },
    /** Sends a signal to the process. A SIGKILL is a crash: it is started again unless `restart` is false. */
    kill(signal: NodeJS.Signals) {
      child?.kill(signal)
    },
    /** Ends it: SIGTERM, and after `limitMs` SIGKILL. It stays down until `start`. Safe to call again. */
    stop,
    /** Starts it again after `stop`, or after its end where it is not restarted; resolves when it is ready. */
    start,
    /** Resolves when a process started after this call is ready: `limitMs` is the bound. */
    async nextReady(limitMs = 120_000) {
      await once(events, 'ready', { signal: AbortSignal.timeout(limitMs) })
    },
  }
}
