// Runs nginx with nchan privately: its files in a temporary folder, removed at the end. NGINX_PROGRAM and NCHAN_MODULE say which.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { address, runUntilTold } from '../run-peer.mjs'

const folder = await mkdtemp(join(tmpdir(), 'parvis-nchan-'))
const files = await openFilesLimit()
const values = {
  NCHAN_MODULE: process.env.NCHAN_MODULE,
  // Started as root, nginx would give its workers to a user who may not exist or enter the folder.
  USER_LINE: process.getuid() === 0 ? 'user root root;' : '',
  OPEN_FILES: files,
  // nginx counts every file of a worker: its listening socket and its pipes too.
  CONNECTIONS: files - 100,
  PORT: address.port,
}
const template = await readFile(new URL('nginx.conf', import.meta.url), 'utf8')
const configuration = Object.entries(values).reduce(
  // The first word is left where it is part of a comment or another word.
  (text, [word, value]) => text.replaceAll(new RegExp(`(?<![A-Z_])${word}(?![A-Z_])`, 'g'), () => String(value)),
  template,
)
await writeFile(join(folder, 'nginx.conf'), configuration)

const nginx = spawn(process.env.NGINX_PROGRAM, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
  stdio: ['ignore', 'inherit', 'inherit'],
  // A group of its own: a Ctrl-C in the terminal is ours to pass on.
  detached: true,
})
const ended = once(nginx, 'exit').catch((error) => [error.message])
let stopping = false
ended.then(async ([how]) => {
  if (stopping) return
  await rm(folder, { recursive: true, force: true })
  console.error(`nginx ended: ${how}`)
  process.exit(1)
})

while (!(await listens())) await delay(20)
runUntilTold(async () => {
  stopping = true
  nginx.kill('SIGTERM')
  await ended
  await rm(folder, { recursive: true, force: true })
})

function listens() {
  const { promise, resolve } = Promise.withResolvers()
  const socket = connect(address)
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

/** The most files that a process here may have open; Node raises the soft limit to the hard one by itself. */
async function openFilesLimit() {
  const limits = await readFile('/proc/self/limits', 'utf8')
  return Math.min(Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? 1_024), 1_000_000)
}
