// npm start: servers, page, services, in one process that stays until Ctrl-C.
import { once } from 'node:events'
import { join } from 'node:path'
import { buildPage } from './build-page.ts'
import { checkPort } from './check-port.ts'
import { readDotEnv } from './dot-env.ts'
import { endSignal } from './end-signal.ts'
import { lockHome } from './home-lock.ts'
import { openServers } from './open-servers.ts'
import { renderLine } from './render-log.ts'
import { ROOT } from './run-job.ts'
import { runTool } from './run-tool.ts'
import { keepSecrets } from './secrets.ts'
import { type Log, PlainError } from './servers.ts'
import { keepStackFile, readStack, removeStack } from './stack-file.ts'
import { readPort, readStartOptions, START_HELP } from './start-options.ts'
import { startWall } from './supervise.ts'
import { whereItIs } from './where-it-is.ts'

readDotEnv()
const home = join(ROOT, '.parvis')
const host = process.env.HOST || '127.0.0.1'
const say: Log = (line) => console.log(line)
const log: Log = (line) => say(renderLine('stack', line))

await runTool(async () => {
  const options = readStartOptions(process.argv.slice(2))
  if (!options) return say(START_HELP)
  const port = readPort(process.env.PORT)
  using lock = lockHome(home, 'wall')
  if (!lock) {
    const address = readStack(home)?.gateways[0]?.url
    const where = address ? `up already, at ${address}` : 'starting or stopping already'
    throw new PlainError(`This clone's wall is ${where}. npm run stack -- down stops it.`)
  }
  // We have the lock, so a wall of which the file speaks has died: nobody shall look for it, or end its process's heir.
  if (readStack(home)?.gateways.length) removeStack(home)
  await checkPort(host, port)
  const signal = endSignal()
  try {
    const page = buildPage(log)
    // Looked at below; it may fail before.
    page.catch(() => {})
    await using servers = await openServers({ home, log, signal })
    const webRoot = await page
    const secrets = await keepSecrets(home)
    await using wall = await startWall({ servers, log: say, secrets, counts: options.counts, port, webRoot, signal })
    using _file = keepStackFile(home, { servers, wall, log })
    for (const line of whereItIs(host, servers, wall)) say(line)
    if (!signal.aborted) await once(signal, 'abort')
    log('stopping gateways, then workers, then servers')
  } catch (error) {
    // Giving up because somebody asked for it is no failure.
    if (!signal.aborted) throw error
  }
  log('stopped')
})
