import { setTimeout as delay } from 'node:timers/promises'
import { isLocked, lockHome } from './home-lock.ts'
import { isLeftOver, stopLeftovers } from './leftovers.ts'
import { isAlive } from './process-identity.ts'
import { type Log, PlainError } from './servers.ts'
import { readRecord, removeRecord } from './servers-record.ts'
import { readStack, removeStack } from './stack-file.ts'

// A wall stops within 15 s, servers alone within 8.
const STOP_LIMIT_MS = 20_000

/** Stops this home's wall, then its servers, and clears up after any that died; resolves when nothing is left. */
export async function takeDown(home: string, log: Log): Promise<void> {
  const wall = readStack(home)
  const servers = () => {
    const record = readRecord(home)
    return record && isAlive(record.supervisor) ? record.supervisor.pid : undefined
  }
  let stopped = false
  if (isLocked(home, 'wall')) {
    // Before it is up a wall has not written where it is; its servers' record has.
    const pid = wall && wall.gateways.length > 0 ? wall.pid : servers()
    if (pid === undefined) throw new PlainError('The wall is just starting or stopping: try again in a few seconds.')
    await stop(home, 'wall', pid, log)
    stopped = true
  }
  if (isLocked(home, 'servers')) {
    const pid = servers()
    if (pid === undefined)
      throw new PlainError('The servers are just starting or stopping: try again in a few seconds.')
    await stop(home, 'servers', pid, log)
    stopped = true
  }
  using lock = lockHome(home)
  const left = lock && readRecord(home)
  if (left) {
    if (isLeftOver(left)) await stopLeftovers(left, log)
    removeRecord(home)
  }
  removeStack(home)
  log(stopped || left ? 'All is down; the data stays.' : 'Nothing was up.')
}

async function stop(home: string, what: 'wall' | 'servers', pid: number, log: Log): Promise<void> {
  log(`stopping the ${what} (process ${pid})`)
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    // It has just ended by itself; its lock says so in a moment.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
  const limit = performance.now() + STOP_LIMIT_MS
  while (isLocked(home, what)) {
    if (performance.now() > limit) throw new PlainError(`Process ${pid} did not end within ${STOP_LIMIT_MS / 1000} s.`)
    await delay(100)
  }
}
