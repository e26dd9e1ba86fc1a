import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { execa } from 'execa'
import { docker, reasonOf } from './docker-cli.ts'
import type { Log } from './servers.ts'
import { IMAGES } from './servers-docker.ts'

// A registry that is there says "Pulling from …" within a second or two.
const FIRST_SIGN_MS = 20_000
// 300 MB, the largest image packed, at 8 Mbit/s.
const PULL_LIMIT_MS = 300_000

/** Gets the servers' images, pulling those that are missing. Gives the reason when it cannot be done, else undefined. */
export async function whyNoDocker(log: Log): Promise<string | undefined> {
  const { DOCKER_HOST = '' } = process.env
  if (/^(tcp|ssh|https?):/.test(DOCKER_HOST)) return 'its engine runs on another machine (DOCKER_HOST)'
  try {
    await docker(['version', '--format', '{{.Server.Version}}'], { limitMs: 10_000 })
  } catch (error) {
    const noClient = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return noClient ? 'it is not installed' : `its engine does not answer (${reasonOf(error)})`
  }
  const missing: string[] = []
  for (const image of Object.values(IMAGES)) {
    await docker(['image', 'inspect', '--format', '{{.Id}}', image]).catch(() => missing.push(image))
  }
  if (missing.length === 0) return undefined
  log(`pulling ${missing.join(', ')}`)
  const reasons = await Promise.all(missing.map((image) => pull(image, log)))
  return reasons.find((reason) => reason !== undefined)
}

async function pull(image: string, log: Log): Promise<string | undefined> {
  const pulling = execa('docker', ['pull', image], {
    stdin: 'ignore',
    timeout: PULL_LIMIT_MS,
    buffer: { stdout: false },
  })
  try {
    await firstSign(pulling)
    const started = performance.now()
    const progress = setInterval(() => {
      log(`still pulling ${image}, ${Math.round((performance.now() - started) / 1000)} s so far`)
    }, 10_000)
    await pulling.finally(() => clearInterval(progress))
    return undefined
  } catch (error) {
    return `it cannot get ${image} (${reasonOf(error)})`
  }
}

/** Resolves with the first line of a pull; without one in time ends it. */
async function firstSign(pulling: Promise<unknown> & Pick<ChildProcess, 'kill'> & { stdout: Readable }): Promise<void> {
  const timer = setTimeout(() => pulling.kill(), FIRST_SIGN_MS)
  try {
    await Promise.race([pulling, new Promise((resolve) => pulling.stdout.once('data', resolve))])
  } finally {
    clearTimeout(timer)
  }
}
