import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { renderLine } from './render-log.ts'
import { type Log, PlainError } from './servers.ts'

/** The repository's top folder. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

// The jobs wait up to 60 s for a server themselves.
const JOB_LIMIT_MS = 180_000
const PROGRESS_MS = 5_000
/** How long a job that was told to end may go on with what it has begun: as long as a migration waits for another. */
const FINISH_MS = 300_000

/**
 * Runs a one-shot job of the repository (a path from its top) to its end, logging each line it says, and every 5 s that it
 * still runs: it may be waiting for a server. `env` is added to what is around. Rejects with its last line when it fails,
 * and when `signal` has ended it: it is let finish what it is doing in a database, for 5 min at most.
 */
export async function runJob(
  name: string,
  script: string,
  env: Record<string, string>,
  log: Log,
  signal?: AbortSignal,
): Promise<void> {
  let last = ''
  const started = performance.now()
  const progress = setInterval(
    () => log(renderLine(name, `not done yet, ${Math.round((performance.now() - started) / 1000)} s so far`)),
    PROGRESS_MS,
  )
  const job = execa(process.execPath, [script], {
    cwd: ROOT,
    env,
    stdin: 'ignore',
    all: true,
    timeout: JOB_LIMIT_MS,
    reject: false,
    detached: true,
    ...(signal && { cancelSignal: signal }),
    // What it does in the database it must be let do to its end, unless that never comes.
    forceKillAfterDelay: FINISH_MS,
  })
  try {
    for await (const line of job.iterable({ from: 'all' })) {
      last = line
      log(renderLine(name, line))
    }
  } finally {
    clearInterval(progress)
  }
  const { failed, timedOut } = await job
  if (!failed) return
  signal?.throwIfAborted()
  throw new PlainError(
    `${name} failed: ${timedOut ? `no end after ${JOB_LIMIT_MS / 1000} s` : last || 'it said nothing'}`,
  )
}

/** Waits for all of them; only then rejects, as the first that failed: whoever stops the servers stops them under no job. */
export async function allEnded(jobs: readonly Promise<void>[]): Promise<void> {
  try {
    await Promise.all(jobs)
  } finally {
    await Promise.allSettled(jobs)
  }
}
