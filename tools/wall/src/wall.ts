// npm run wall -- reset <channel>

import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { canonicalChannel } from '@parvis/contracts/channel'
import { parseOptions } from '@parvis/stack/parse-options'
import { ROOT } from '@parvis/stack/run-job'
import { runTool } from '@parvis/stack/run-tool'
import { PlainError } from '@parvis/stack/servers'
import { openMysql } from '@parvis/storage/mysql'
import { pino } from 'pino'
import { findServers } from './find-servers.ts'
import { resetChannel } from './reset-channel.ts'
import { tellReaders } from './tell-readers.ts'

const HELP = `What an operator does to a wall.

  npm run wall -- reset CHANNEL [--yes]

Begins a channel anew: its posts are removed for good, and the sequence begins at 1 under another epoch. It is safe while
services run: every page shows the empty wall at once, a cursor of before that names its epoch is answered with 410
epoch-changed (on a socket with a new page that says so; one without an epoch is taken for the new wall's), and a post that
was on its way is the first of the new wall. What is removed is gone: GET /posts/<id> no longer knows it, and the
same id sent again is a new post on the new wall. Refusals are kept for their 72 hours.

  --yes     does not ask
  --help    this text

The servers are those of this clone's wall (.parvis/stack.json), or the ones that MYSQL_URL and RABBITMQ_URL name. Without
RABBITMQ_URL pages learn of it within half a minute.`

/** How long to wait for a server that does not answer: somebody sits in front of it. */
const WAIT_MS = 5_000

await runTool(async () => {
  const { values, positionals } = read(process.argv.slice(2))
  const [command, name, ...rest] = positionals
  if (values.help || command === undefined) return console.log(HELP)
  if (command !== 'reset') throw new PlainError(`${JSON.stringify(command)} is not a command: there is only reset.`)
  if (name === undefined) throw new PlainError('Which channel? npm run wall -- reset CHANNEL')
  if (rest.length > 0) throw new PlainError(`${JSON.stringify(rest[0])} is one word too many.`)
  const channel = canonicalChannel(name)
  if (channel === undefined) {
    throw new PlainError(`${JSON.stringify(name)} is no channel: letters a-z, digits, - and _, 64 at most.`)
  }
  await reset(channel, values.yes)
})

function read(args: string[]) {
  return parseOptions('npm run wall --', {
    args,
    allowPositionals: true,
    options: { yes: { type: 'boolean', short: 'y', default: false }, help: { type: 'boolean', short: 'h' } },
  })
}

async function reset(channel: string, sure: boolean): Promise<void> {
  const servers = findServers(join(ROOT, '.parvis'), process.env)
  const log = pino({ level: 'silent' })
  const opened = await openMysql({ url: servers.mysql, connections: 1, log, waitMs: WAIT_MS }).catch((error: Error) => {
    throw new PlainError(`${error.message}.`)
  })
  await using mysql = opened
  if (!sure) await confirm(channel)
  const done = await resetChannel(mysql, channel)
  if (!done) throw new PlainError(`Nobody has posted to ${channel} yet: there is nothing to reset.`)
  console.log(
    `${channel} was begun anew: ${done.removed === 1 ? '1 entry was' : `${done.removed} entries were`} removed, the epoch is ${done.epoch}.`,
  )
  if (!servers.rabbitmq) return console.log('Pages learn of it within half a minute.')
  try {
    await tellReaders(servers.rabbitmq, channel, WAIT_MS)
  } catch (error) {
    console.log(`Pages learn of it within half a minute (the broker was not told: ${(error as Error).message}).`)
  }
}

async function confirm(channel: string): Promise<void> {
  if (!process.stdin.isTTY) throw new PlainError('There is no terminal to ask at: --yes does it without asking.')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`All posts of ${channel} will be removed for good. Its name, to go on: `)
  terminal.close()
  if (canonicalChannel(answer.trim()) !== channel) throw new PlainError('Nothing was changed.')
}
