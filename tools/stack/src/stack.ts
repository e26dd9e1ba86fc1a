// npm run stack -- up|status|down: the servers alone, kept up by a process in the background.
import { fork } from 'node:child_process'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDotEnv } from './dot-env.ts'
import { isLocked } from './home-lock.ts'
import { ROOT } from './run-job.ts'
import { runTool } from './run-tool.ts'
import { PlainError } from './servers.ts'
import { readRecord } from './servers-record.ts'
import { stackStatus } from './stack-status.ts'
import { takeDown } from './take-down.ts'

const HELP = `RabbitMQ, MySQL and Redis alone, for tools and tests; npm start uses them when they are up.

  npm run stack -- up        starts them and returns when they answer; they stay up in the background
  npm run stack -- status    says what is up, with addresses and passwords
  npm run stack -- down      stops them, and this clone's wall if it is up

PARVIS_STACK=docker or local says where they come from. Their data is in .parvis/ or, with docker, in volumes parvis-…, whose
names and passwords follow from .parvis/secrets.json; addresses are in .parvis/stack.json.`

readDotEnv()
const home = join(ROOT, '.parvis')

await runTool(async () => {
  const [command, ...rest] = process.argv.slice(2)
  if (command === undefined || command === '--help' || command === '-h') return console.log(HELP)
  if (rest.length > 0) throw new PlainError(`${JSON.stringify(rest[0])} is one word too many: up, status or down.`)
  if (command === 'up') return await bringUp()
  if (command === 'status') return console.log(stackStatus(home).join('\n'))
  if (command === 'down') return await takeDown(home, console.log)
  throw new PlainError(`${JSON.stringify(command)} is not a command: up, status or down.`)
})

async function bringUp(): Promise<void> {
  if (isLocked(home, 'servers') && readRecord(home)?.servers) {
    console.log('The servers are up already.')
    return console.log(stackStatus(home).join('\n'))
  }
  mkdirSync(join(home, 'logs'), { recursive: true, mode: 0o700 })
  const logFile = join(home, 'logs', 'stack.log')
  const log = openSync(logFile, 'w', 0o600)
  const keeper = fork(fileURLToPath(new URL('./keep-servers.main.ts', import.meta.url)), [home], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // A Ctrl-C here means that the start is not wanted any more.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => keeper.kill('SIGTERM'))
  keeper.on('message', (message: { line?: string; ready?: true; fault?: string }) => {
    if (message.line) console.log(message.line)
    if (message.ready) resolve()
    if (message.fault) reject(new PlainError(message.fault))
  })
  keeper.on('exit', (code, how) =>
    reject(new PlainError(`The start was cut off (${how ?? code}). Its log: ${logFile}`)),
  )
  await promise
  keeper.removeAllListeners()
  keeper.disconnect()
  keeper.unref()
  console.log(stackStatus(home).join('\n'))
}
