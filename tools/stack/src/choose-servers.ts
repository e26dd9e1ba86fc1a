import { whyNoDocker } from './docker-images.ts'
import { rememberWay, type Secrets } from './secrets.ts'
import { type Log, PlainError, type Servers } from './servers.ts'
import { installDebian, SERVER_PACKAGES, whyNoDebian } from './servers-debian.ts'
import { startDockerServers } from './servers-docker.ts'
import { missingPrograms, startLocalServers } from './servers-local.ts'

export type ServersRecorder = { process: (pid: number) => void; container: (name: string) => void }

/**
 * Starts private servers in Docker, else with this machine's own programs, else with Debian's packages, saying which
 * and why. A home stays with the way of its first start, where its data is. `forced` is PARVIS_STACK.
 */
export async function startPrivateServers(
  home: string,
  secrets: Secrets,
  { forced, log, recorder }: { forced: string | undefined; log: Log; recorder: ServersRecorder },
): Promise<Servers & AsyncDisposable> {
  if (forced !== undefined && forced !== 'docker' && forced !== 'local') {
    throw new PlainError(`PARVIS_STACK must be external, docker or local, not ${JSON.stringify(forced)}.`)
  }
  const wanted = forced ?? (secrets.way === 'local' && missingPrograms().length === 0 ? 'local' : undefined)
  const because = forced ? 'PARVIS_STACK' : 'as at the first start, where the data is'

  const noDocker = wanted === 'local' ? because : await whyNoDocker(log)
  if (noDocker === undefined) {
    log(`servers: Docker (${wanted ? because : 'its engine answers and has the images'})`)
    const servers = await startDockerServers(home, secrets, { log, record: recorder.container })
    await rememberWay(home, 'docker')
    return servers
  }
  if (wanted === 'docker') throw new PlainError(`PARVIS_STACK=docker, but Docker cannot be used: ${noDocker}.`)

  const missing = missingPrograms()
  log(
    `servers: ${missing.length === 0 ? 'this machine’s own programs' : 'Debian’s packages'} (${reason(wanted, noDocker)})`,
  )
  if (secrets.way === 'docker') log('this home’s earlier posts are in Docker’s volumes and are not shown by this way')
  if (missing.length > 0) await installMissing(missing, noDocker, log)
  const servers = await startLocalServers(home, secrets, { log, record: recorder.process })
  await rememberWay(home, 'local')
  return servers
}

const reason = (wanted: string | undefined, noDocker: string) => (wanted ? noDocker : `not Docker: ${noDocker}`)

async function installMissing(missing: string[], noDocker: string, log: Log): Promise<void> {
  const noDebian = await whyNoDebian()
  if (noDebian) {
    throw new PlainError(
      `No servers to be had: Docker cannot be used (${noDocker}), ${missing.join(', ')} not found, and ${noDebian}. ` +
        'Start Docker, or install RabbitMQ, MariaDB or MySQL, and Redis, or name servers of your own in ' +
        'RABBITMQ_URL, MYSQL_URL and REDIS_URL.',
    )
  }
  const packages = SERVER_PACKAGES.filter((name) =>
    missing.some((program) => program.includes(name.split('-')[0] as string)),
  )
  await installDebian(packages, log)
  const still = missingPrograms()
  if (still.length > 0)
    throw new PlainError(`Installed ${packages.join(', ')}, but ${still.join(', ')} is still not found.`)
}
