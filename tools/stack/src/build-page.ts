import { join } from 'node:path'
import { execa } from 'execa'
import { ROOT } from './run-job.ts'
import { type Log, PlainError } from './servers.ts'

// A quarter of a second on two cores, and again when nothing changed (Nx replays it).
const BUILD_LIMIT_MS = 180_000

/** Builds the page, or takes the one built from the same sources; gives its folder. What the build says shows only if it fails. */
export async function buildPage(log: Log): Promise<string> {
  const { failed, all, timedOut } = await execa('nx', ['run', '@parvis/web:build'], {
    cwd: ROOT,
    preferLocal: true,
    localDir: ROOT,
    // No daemon, which would stay behind.
    env: { NX_DAEMON: 'false' },
    stdin: 'ignore',
    all: true,
    timeout: BUILD_LIMIT_MS,
    reject: false,
  })
  if (failed) {
    for (const line of (all ?? '').split('\n')) log(line)
    throw new PlainError(
      timedOut ? 'The page’s build did not end in three minutes.' : 'The page could not be built: see above.',
    )
  }
  log('the page is built')
  return join(ROOT, 'apps', 'web', 'dist')
}
