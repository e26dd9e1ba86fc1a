import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ServersRecorder, startPrivateServers } from './choose-servers.ts'
import { isLocked, lockHome } from './home-lock.ts'
import { isLeftOver, stopLeftovers } from './leftovers.ts'
import { identify, isAlive } from './process-identity.ts'
import { keepSecrets } from './secrets.ts'
import { type Log, PlainError, type Servers } from './servers.ts'
import { externalServers, hasAddresses } from './servers-external.ts'
import { readRecord, removeRecord, type ServersRecord, writeRecord } from './servers-record.ts'
import { watchOwner } from './watch-owner.ts'

// A first start elsewhere may be installing or pulling; it shows its own progress there.
const OTHER_START_LIMIT_MS = 20 * 60_000

/**
 * Gives real servers for this home (a folder for their data): those that the environment names, or private ones,
 * started here and stopped on disposal. When another process already has them up in this home, gives those, and
 * disposal leaves them alone. Rejects with a PlainError, whose message is one sentence for a person.
 */
export async function openServers(options: {
  home: string
  log: Log
  env?: NodeJS.ProcessEnv
  /** Gives up the start, leaving nothing behind; an installation in hand is finished first. */
  signal?: AbortSignal
  /** False leaves a private server down that ends by itself, for whoever ends servers on purpose. */
  restart?: boolean
}): Promise<Servers & AsyncDisposable> {
  const { log, env = process.env, restart = true } = options
  const home = resolve(options.home)
  const forced = env.PARVIS_STACK || undefined
  if (forced === 'external' || (forced === undefined && hasAddresses(env))) {
    const servers = externalServers(env)
    log(`servers: external (${forced ? 'PARVIS_STACK' : 'named in the environment'})`)
    return { ...servers, [Symbol.asyncDispose]: async () => {} }
  }
  const lock = lockHome(home)
  if (!lock) return { ...(await serversOfAnother(home, log)), [Symbol.asyncDispose]: async () => {} }
  try {
    return await ownServers(home, lock, { forced, log, restart, aborted: whenAborted(options.signal) })
  } catch (error) {
    lock[Symbol.dispose]()
    throw error
  }
}

async function ownServers(
  home: string,
  lock: Disposable,
  options: { forced: string | undefined; log: Log; restart: boolean; aborted: Promise<never> },
) {
  const earlier = readRecord(home)
  if (earlier && isLeftOver(earlier)) await stopLeftovers(earlier, options.log)
  const record: ServersRecord = { supervisor: identify(process.pid), processes: [], containers: [] }
  const recorder: ServersRecorder = {
    process: (pid) => {
      record.processes = [...record.processes.filter(isAlive), identify(pid)]
      writeRecord(home, record)
    },
    container: (name) => {
      record.containers.push(name)
      writeRecord(home, record)
    },
  }
  writeRecord(home, record)
  const watch = watchOwner(home)
  const close = async () => {
    removeRecord(home)
    await watch[Symbol.asyncDispose]()
    lock[Symbol.dispose]()
  }
  try {
    const own = await startPrivateServers(home, await keepSecrets(home), { ...options, recorder })
    const { [Symbol.asyncDispose]: stop, ...servers } = own
    record.servers = servers
    writeRecord(home, record)
    let closing: Promise<void> | undefined
    return {
      ...servers,
      [Symbol.asyncDispose]() {
        closing ??= (async () => stop.call(own))().finally(close)
        return closing
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The servers that another living process has up in this home, or is starting. */
async function serversOfAnother(home: string, log: Log): Promise<Servers> {
  const limit = performance.now() + OTHER_START_LIMIT_MS
  let said = false
  while (performance.now() < limit) {
    const record = readRecord(home)
    if (record?.servers) {
      log(`servers: ${record.servers.how}, kept up by process ${record.supervisor.pid}`)
      return record.servers
    }
    if (!said)
      log(`waiting for the servers that process ${record?.supervisor.pid ?? 'another'} is starting or stopping`)
    said = true
    if (!isLocked(home, 'servers')) {
      throw new PlainError('The process that was starting or stopping the servers has ended: start again.')
    }
    await delay(200)
  }
  throw new PlainError(`Another process has held ${home} for 20 minutes without its servers coming up.`)
}

function whenAborted(signal: AbortSignal | undefined): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(new PlainError('Stopped before the servers were up.'))
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  promise.catch(() => {})
  return promise
}
