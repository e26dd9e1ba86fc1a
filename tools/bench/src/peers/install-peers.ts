import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Log, PlainError } from '@parvis/stack/servers'
import { execa } from 'execa'
import { installNginx } from './find-nginx.ts'
import { PEERS } from './start-program.ts'

const PROGRESS_MS = 5_000
// 100 MB, most of them Bun, from a slow registry.
const LIMIT_MS = 10 * 60_000

/**
 * Installs what the peers need, on first use and when it has changed: their own packages by their own lockfile
 * (`npm ci`, no install scripts), and where apt-get may, nginx with nchan. Says how far it is every 5 s. Rejects with
 * one sentence; without nginx alone, it only says so.
 */
export async function installPeers(log: Log, signal: AbortSignal): Promise<void> {
  await installPackages(log, signal)
  signal.throwIfAborted()
  await installNginx(log)
}

async function installPackages(log: Log, signal: AbortSignal): Promise<void> {
  const stampFile = join(PEERS, 'node_modules', '.parvis-lock')
  const lockHash = createHash('sha256')
    .update(readFileSync(join(PEERS, 'package-lock.json')))
    .digest('hex')
  if (read(stampFile) === lockHash) return
  const started = performance.now()
  const elapsed = () => `${Math.round((performance.now() - started) / 1000)} s`
  log('installing the peers (npm ci in tools/bench/peers)')
  // By this Node: another npm found on the path might run under an older one, which picks other packages.
  const npm = process.env.npm_execpath
  const [file, ...args] = npm ? [process.execPath, npm] : ['npm']
  const progress = setInterval(() => log(`still installing the peers, ${elapsed()} so far`), PROGRESS_MS)
  const { failed, isCanceled, stderr, shortMessage } = await execa(
    file as string,
    [...args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', PEERS],
    { cwd: PEERS, stdin: 'ignore', stdout: 'ignore', reject: false, timeout: LIMIT_MS, cancelSignal: signal },
  )
  clearInterval(progress)
  if (isCanceled) signal.throwIfAborted()
  if (failed) throw new PlainError(`The peers could not be installed: ${stderr?.trim().slice(-500) || shortMessage}`)
  writeFileSync(stampFile, lockHash)
  log(`the peers are installed, after ${elapsed()}`)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
