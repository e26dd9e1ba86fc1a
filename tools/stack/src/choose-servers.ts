import { whyNoDocker } from './docker-images.ts'
import { rememberFirstWay, type Secrets } from './secrets.ts'
import { type Log, PlainError, type Servers, type Way } from './servers.ts'
import { installDebian, SERVER_PACKAGES, whyNoDebian } from './servers-debian.ts'
import { startDockerServers } from './servers-docker.ts'
import { missingPrograms, startLocalServers } from './servers-local.ts'

export type ServersRecorder = { process: (pid: number) => void; container: (name: string) => void }

type Options = { log: Log; recorder: ServersRecorder; restart: boolean; aborted: Promise<never> }

/**
 * Starts private servers in Docker, else with this machine's own programs, else with Debian's packages, saying which
 * and why. A home stays with the way of its first start, where its posts are. `forced` is PARVIS_STACK.
 */
export async function startPrivateServers(
  home: string,
  secrets: Secrets,
  { forced, ...options }: Options & { forced: string | undefined },
): Promise<Servers & AsyncDisposable> {
  if (forced !== undefined && forced !== 'docker' && forced !== 'local') {
    throw new PlainError(`PARVIS_STACK must be external, docker or local, not ${JSON.stringify(forced)}.`)
  }
  const { log, aborted } = options
  const stays = secrets.way === 'local' && missingPrograms().length === 0
  if (forced === 'local') return await local(home, secrets, 'PARVIS_STACK=local', options)
  if (forced === undefined && stays) return await local(home, secrets, 'as at the first start', options)

  const noDocker = await Promise.race([whyNoDocker(log), aborted])
  if (noDocker === undefined) {
    return await docker(home, secrets, forced ? 'PARVIS_STACK=docker' : 'it has the images', options)
  }
  if (forced) throw new PlainError(`PARVIS_STACK=docker, but Docker cannot be used: ${noDocker}.`)
  return await local(home, secrets, `not Docker: ${noDocker}`, options)
}

async function docker(home: string, secrets: Secrets, why: string, { log, recorder, ...options }: Options) {
  log(`servers: Docker (${why})`)
  warnOfOtherData(secrets, 'docker', log)
  const servers = await startDockerServers(home, secrets, { log, record: recorder.container, ...options })
  await rememberFirstWay(home, 'docker')
  return servers
}

async function local(home: string, secrets: Secrets, why: string, { log, recorder, ...options }: Options) {
  const missing = missingPrograms()
  if (missing.length > 0) await installMissing(missing, why, log)
  log(`servers: programs of this machine (${why})`)
  warnOfOtherData(secrets, 'local', log)
  const servers = await startLocalServers(home, secrets, { log, record: recorder.process, ...options })
  await rememberFirstWay(home, 'local')
  return servers
}

function warnOfOtherData({ way }: Secrets, now: Way, log: Log) {
  if (way !== undefined && way !== now) log(`posts of the first start are with the ${way} servers, not with these`)
}

async function installMissing(missing: string[], why: string, log: Log): Promise<void> {
  const noDebian = await whyNoDebian()
  if (noDebian) {
    throw new PlainError(
      `No servers to be had (${why}): ${missing.join(', ')} not found, and ${noDebian}. ` +
        'Start Docker, or install RabbitMQ, MariaDB or MySQL, and Redis, or name servers of your own in ' +
        'RABBITMQ_URL, MYSQL_URL and REDIS_URL.',
    )
  }
  const packages = SERVER_PACKAGES.filter((name) =>
    missing.some((program) => program.includes(name.split('-')[0] as string)),
  )
  await installDebian(packages, log)
  const still = missingPrograms()
  if (still.length === 0) return
  throw new PlainError(`Installed ${packages.join(', ')}, but ${still.join(', ')} is still not found.`)
}
