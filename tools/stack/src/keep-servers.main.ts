// Run by stack.ts in the background: keeps the servers of a home up until it is asked to end.
import { once } from 'node:events'
import { endSignal } from './end-signal.ts'
import { openServers } from './open-servers.ts'
import { renderLine } from './render-log.ts'
import type { Log } from './servers.ts'
import { describeStack, removeStack, writeStack } from './stack-file.ts'

const home = process.argv[2] as string
const signal = endSignal()

/** Tells the command that started us, while it is there to listen. */
const tell = (message: object) => process.connected && process.send?.(message, () => {})
const log: Log = (line) => {
  console.log(renderLine('stack', line))
  tell({ line })
}

try {
  await using servers = await openServers({ home, log, signal })
  writeStack(home, describeStack(process.pid, servers))
  tell({ ready: true })
  if (!signal.aborted) await once(signal, 'abort')
  log('stopping')
  removeStack(home)
} catch (error) {
  console.error(error)
  tell({ fault: (error as Error).message })
  process.exitCode = 1
}
if (process.connected) process.disconnect()
