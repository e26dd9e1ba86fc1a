import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { renderLine } from './render-log.ts'
import { type Log, PlainError } from './servers.ts'

/** The repository's top folder. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

// The jobs wait up to 60 s for a server themselves.
const JOB_LIMIT_MS = 180_000

/**
 * Runs a one-shot job of the repository (a path from its top) to its end, logging each line it says.
 * `env` is added to what is around. Rejects with its last line when it fails.
 */
export async function runJob(name: string, script: string, env: Record<string, string>, log: Log): Promise<void> {
  let last = ''
  const job = execa(process.execPath, [script], {
    cwd: ROOT,
    env,
    stdin: 'ignore',
    all: true,
    timeout: JOB_LIMIT_MS,
    reject: false,
    detached: true,
  })
  for await (const line of job.iterable({ from: 'all' })) {
    last = line
    log(renderLine(name, line))
  }
  const { failed, timedOut } = await job
  if (!failed) return
  throw new PlainError(
    `${name} failed: ${timedOut ? `no end after ${JOB_LIMIT_MS / 1000} s` : last || 'it said nothing'}`,
  )
}
