import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { PlainError } from './servers.ts'

export type ServerProgram = {
  name: string
  pid: number
  logFile: string
  /** Rejects with one sentence when the program ends, by itself or stopped; never resolves. */
  failed: Promise<never>
  /** Asks with SIGTERM, and after `limitMs` ends the whole process group. Safe to call again. */
  stop: (limitMs: number) => Promise<void>
  /** Starts the same once more, after its end, its output behind what is in `logFile`. */
  again: () => Promise<ServerProgram>
}

type Options = {
  name: string
  command: string
  args: string[]
  env?: Record<string, string>
  cwd: string
  logFile: string
}

/** A log that is over it begins anew with the next start: what cannot start is started again for as long as the wall is up. */
const LOG_BYTES = 10 * 1024 * 1024
/** How much of a log's end is looked through for a reason. */
const REASON_BYTES = 64 * 1024

/**
 * Starts a server program in a process group of its own (a Ctrl-C in the terminal must not reach it before the
 * services have drained), its output in `logFile`, which begins anew unless `flags` says otherwise and it is still short.
 */
export async function startProgram(options: Options, flags: 'w' | 'a' = 'w'): Promise<ServerProgram> {
  const { name, command, args, cwd, logFile } = options
  const log = await open(logFile, flags, 0o600)
  if ((await log.stat()).size > LOG_BYTES) await log.truncate(0)
  const begins = (await log.stat()).size
  // Only what a program needs: somebody's RABBITMQ_… or MYSQL_… in the environment is meant for another server.
  const env = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', ...options.env }
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log.fd, log.fd] })
  const ended = once(child, 'exit')
  try {
    await once(child, 'spawn')
  } catch (error) {
    ended.catch(() => {})
    throw new PlainError(`${name} cannot be run: ${(error as Error).message}.`)
  } finally {
    await log.close()
  }
  const pid = child.pid as number
  let stopping = false
  const failed = ended.then(async ([code, signal]) => {
    // Of a broker whose start script ended first, the broker itself would still have the ports.
    killGroup(pid, 'SIGKILL')
    if (stopping) throw new PlainError(`${name} was stopped.`)
    const reason = await lastLine(logFile, begins)
    throw new PlainError(`${name} has ended (${signal ?? `exit ${code}`}): ${reason} Its log: ${logFile}`)
  })
  failed.catch(() => {})
  return {
    name,
    pid,
    logFile,
    failed,
    async stop(limitMs) {
      stopping = true
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const left = new AbortController()
      const asked = await Promise.race([
        ended.then(() => true),
        delay(limitMs, false, { signal: left.signal }).catch(() => true),
      ])
      left.abort()
      if (asked) return
      killGroup(pid, 'SIGKILL')
      await ended
    },
    again: () => startProgram(options, 'a'),
  }
}

/** Signals a whole process group; one that is gone is no error. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** What tells most of what a program wrote from byte `begins` on. */
async function lastLine(file: string, begins: number): Promise<string> {
  await using log = await open(file)
  const from = Math.max(begins, (await log.stat()).size - REASON_BYTES)
  const { buffer, bytesRead } = await log.read({ buffer: Buffer.alloc(REASON_BYTES), position: from })
  const lines = buffer
    .toString('utf8', 0, bytesRead)
    .split('\n')
    .map((line) => line.trim())
  const telling = lines.findLast((line) => /error|fatal|cannot|can't|in use/i.test(line)) ?? lines.findLast(Boolean)
  return telling ? `${telling.slice(0, 300)}.` : 'it said nothing.'
}
