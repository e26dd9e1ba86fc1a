// npm run parked -- list|show|replay|drop: what was set aside, through the message store.

import { join } from 'node:path'
import { parseOptions } from '@parvis/stack/parse-options'
import { ROOT } from '@parvis/stack/run-job'
import { runTool } from '@parvis/stack/run-tool'
import { PlainError } from '@parvis/stack/servers'
import { readStack } from '@parvis/stack/stack-file'

const HELP = `What Parvis could not handle and set aside in parvis.parked, for two weeks.

  npm run parked -- list             oldest first: when, how often delivered, from which queue, why
  npm run parked -- show <id>        one of them, with its body
  npm run parked -- replay <id>      tries it again where it came from; safe to repeat
  npm run parked -- replay --all     all, oldest first, 10,000 messages and 64 MiB at a call
  npm run parked -- drop <id>        drops it for good
  npm run parked -- drop --all
  npm run parked -- --help           this text

It speaks to the message store of this clone's wall (.parvis/stack.json), or to the one of
MESSAGE_STORE_URL with SERVICE_TOKEN.`

interface Head {
  messageId: string
  type: string
  reason: string
  sourceQueue: string
  count: number
  parkedAt: string
  bytes: number
}

await runTool(async () => {
  const { values, positionals } = read(process.argv.slice(2))
  const [command, id, ...rest] = positionals
  if (values.help || command === undefined) return console.log(HELP)
  if (rest.length > 0) throw new PlainError(`${JSON.stringify(rest[0])} is one word too many.`)
  switch (command) {
    case 'list':
      return await list()
    case 'show':
      return console.log(JSON.stringify(await call('GET', `/parked/${encodeURIComponent(wanted(id))}`), null, 2))
    case 'replay':
    case 'drop':
      if (values.all && id !== undefined) throw new PlainError(`either an id or --all, not both.`)
      return await takeAway(command, values.all ? undefined : wanted(id))
  }
  throw new PlainError(`${JSON.stringify(command)} is not a command: list, show, replay or drop.`)
})

async function list(): Promise<void> {
  let shown = 0
  for (let next: string | null = ''; next !== null; ) {
    const page: { parked: Head[]; next: string | null } = await call(
      'GET',
      `/parked?limit=200${next && `&after=${encodeURIComponent(next)}`}`,
    )
    for (const { messageId, parkedAt, count, sourceQueue, type, bytes, reason } of page.parked) {
      console.log(`${messageId}  ${parkedAt || 'some time ago'}  ${type} of ${bytes} bytes from ${sourceQueue}`)
      console.log(`  delivered ${count} times before: ${reason}`)
    }
    shown += page.parked.length
    next = page.next
  }
  console.log(shown === 0 ? 'Nothing is parked.' : `${shown} parked. npm run parked -- --help`)
}

async function takeAway(command: 'replay' | 'drop', id: string | undefined): Promise<void> {
  const path = id === undefined ? '' : `/${encodeURIComponent(id)}`
  const answer =
    command === 'replay' ? await call('POST', `/parked${path}/replay`) : await call('DELETE', `/parked${path}`)
  const taken = answer?.taken ?? 1
  console.log(command === 'replay' ? `${taken} tried again.` : `${taken} dropped.`)
}

function read(args: string[]) {
  return parseOptions('npm run parked --', {
    args,
    allowPositionals: true,
    options: { all: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  })
}

function wanted(id: string | undefined): string {
  if (id === undefined) throw new PlainError('an id is needed: npm run parked -- list shows them (or --all).')
  return id
}

// biome-ignore lint/suspicious/noExplicitAny: each route has a shape of its own
async function call(method: string, path: string): Promise<any> {
  const stack = readStack(join(ROOT, '.parvis'))
  // One of several serves as well as another.
  const url = process.env.MESSAGE_STORE_URL?.split(',')[0]?.trim() || stack?.services['message-store']?.[0]?.url
  const token = process.env.SERVICE_TOKEN || stack?.serviceToken
  if (!url || !token)
    throw new PlainError('the wall is not up here: start it, or set MESSAGE_STORE_URL and SERVICE_TOKEN.')
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(120_000),
  }).catch((error) => {
    throw new PlainError(`the message store at ${url} does not answer (${error.cause?.code ?? error.message}).`)
  })
  const text = await response.text()
  const body = text === '' ? undefined : JSON.parse(text)
  if (!response.ok) throw new PlainError(`${body?.detail ?? response.status}.`)
  return body
}
