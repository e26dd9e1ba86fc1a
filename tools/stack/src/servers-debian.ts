import { existsSync, readFileSync } from 'node:fs'
import { execa } from 'execa'
import { findProgram } from './find-program.ts'
import { type Log, PlainError } from './servers.ts'

/** What Debian and its kin call the three servers. */
export const SERVER_PACKAGES = ['rabbitmq-server', 'mariadb-server', 'redis-server']

// What a package would start at boot, on its default port.
const UNITS: Record<string, string[]> = {
  'rabbitmq-server': ['rabbitmq-server', 'epmd'],
  'mariadb-server': ['mariadb'],
  'redis-server': ['redis-server'],
  nginx: ['nginx'],
}

// Half a gigabyte with Erlang, from a slow mirror; dpkg's lock, held by another apt-get, is waited for within it.
const INSTALL_LIMIT_MS = 15 * 60_000
const PROGRESS_MS = 5_000

// Debian starts a server as soon as it is installed, unless this program says no (101: forbidden by policy).
const POLICY = '/usr/sbin/policy-rc.d'
const POLICY_MARK = '# parvis: nothing starts while it installs packages'

/** That program. By itself it says yes after `untilS`, s since 1970: an installation that is killed leaves it there. */
export function policy(untilS: number): string {
  return `#!/bin/sh\n${POLICY_MARK}\n[ "$(date +%s)" -lt ${untilS} ] && exit 101\nexit 0\n`
}

/** Why packages cannot be installed here, or undefined when they can. */
export async function whyNoDebian(): Promise<string | undefined> {
  if (!findProgram('apt-get')) return 'this is not Debian (no apt-get)'
  if (process.getuid?.() === 0) return undefined
  const { failed } = await execa('sudo', ['--non-interactive', 'true'], { reject: false, timeout: 10_000 })
  return failed ? 'installing needs root, or sudo without a password' : undefined
}

/**
 * Installs Debian packages, saying every 5 s how far it is. Servers among them are neither started now nor at boot:
 * they are run privately. Rejects with one sentence, naming apt's own last complaint.
 */
export async function installDebian(packages: string[], log: Log): Promise<void> {
  const reason = await whyNoDebian()
  if (reason) throw new PlainError(`${packages.join(', ')} cannot be installed: ${reason}.`)
  log(`installing ${packages.join(', ')} with apt-get`)
  const guarded = await forbidStarting()
  try {
    await apt(['update', '--quiet'], log)
    await apt(['install', '--yes', '--quiet', '--no-install-recommends', ...packages], log)
  } finally {
    if (guarded) await asRoot('rm', ['--force', POLICY])
  }
  // Only what was installed here: somebody who had one before keeps it as it was.
  const units = packages.flatMap((name) => UNITS[name] ?? [])
  if (units.length > 0 && findProgram('systemctl')) await asRoot('systemctl', ['disable', ...units]).catch(() => {})
}

/** Puts the guard in place. False when the machine has a policy of its own, which is the owner's to change. */
async function forbidStarting(): Promise<boolean> {
  // One of ours was left by an installation that was killed.
  if (existsSync(POLICY) && !readFileSync(POLICY, 'utf8').includes(POLICY_MARK)) return false
  // As long as both calls of apt-get may take.
  await asRoot('tee', [POLICY], { input: policy(Math.ceil((Date.now() + 2 * INSTALL_LIMIT_MS) / 1000)) })
  await asRoot('chmod', ['755', POLICY])
  return true
}

async function apt(args: string[], log: Log): Promise<void> {
  const options = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3']
  const started = performance.now()
  let last = ''
  const progress = setInterval(() => {
    log(`apt-get ${args[0]}, ${Math.round((performance.now() - started) / 1000)} s so far: ${last.slice(0, 100)}`)
  }, PROGRESS_MS)
  try {
    const running = asRoot('apt-get', [...options, ...args])
    for await (const line of running) last = String(line)
    await running
  } catch (error) {
    const { stderr, shortMessage } = error as { stderr?: string; shortMessage?: string }
    const said = (stderr ?? '').split('\n').filter((line) => line.startsWith('E:'))
    throw new PlainError(`apt-get ${args[0]} failed: ${said.at(-1) ?? shortMessage ?? (error as Error).message}`)
  } finally {
    clearInterval(progress)
  }
}

function asRoot(command: string, args: string[], { input }: { input?: string } = {}) {
  // `env` carries the setting through sudo; without it a package may ask questions.
  const whole = ['env', 'DEBIAN_FRONTEND=noninteractive', command, ...args]
  const [file, ...rest] = process.getuid?.() === 0 ? whole : ['sudo', '--non-interactive', ...whole]
  // In a process group of its own: a Ctrl-C must not leave packages half configured.
  return execa(file as string, rest, {
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    timeout: INSTALL_LIMIT_MS,
    detached: true,
  })
}
