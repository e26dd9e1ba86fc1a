import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Ground } from '@parvis/stack/ground'
import { manage } from '@parvis/stack/manage'
import { freshGround } from '@parvis/testing/fresh-ground'
import { definitionsFile, definitionsText } from './definitions.ts'

const resources = new AsyncDisposableStack()
let loaded: Ground
let declared: Ground

beforeAll(async () => {
  loaded = resources.use(await freshGround())
  declared = resources.use(await freshGround())
})

afterAll(() => resources.disposeAsync())

const text = await readFile(definitionsFile, 'utf8')

test('definitions.json is what the topology says', () => {
  expect(text).toBe(definitionsText)
})

test('definitions.json loads unchanged, and the broker then has exactly what the boot job declares', async () => {
  await manage(loaded.servers.rabbitmq.management, 'POST', `/api/definitions/${vhostOf(loaded)}`, JSON.parse(text))
  const kept = await exported(loaded)
  const { exchanges, queues, bindings } = JSON.parse(text)
  expect(kept.exchanges).toHaveLength(exchanges.length)
  expect(kept.queues).toHaveLength(queues.length)
  expect(kept.bindings).toHaveLength(bindings.length)

  expect(await bootJob(declared)).toEqual({ code: 0, lines: [expect.stringContaining('has its exchanges')] })
  expect(kept).toEqual(await exported(declared))

  // Over what was loaded it finds no difference, and it may be repeated.
  expect(await bootJob(loaded)).toMatchObject({ code: 0 })
  expect(await exported(loaded)).toEqual(kept)
})

test('the boot job stops on a difference and names it in one line', async () => {
  const vhost = vhostOf(declared)
  const lane = 'db-writer.p2'
  await manage(declared.servers.rabbitmq.management, 'DELETE', `/api/queues/${vhost}/${lane}`).catch(() => {})
  await manage(declared.servers.rabbitmq.management, 'PUT', `/api/queues/${vhost}/${lane}`, {
    durable: true,
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 20 },
  })
  expect(await bootJob(declared)).toEqual({ code: 1, lines: [expect.stringContaining(`queue ${lane}`)] })
})

function vhostOf({ servers }: Ground): string {
  return new URL(servers.rabbitmq.url).pathname.slice(1)
}

interface Named {
  name?: string
  destination?: string
  routing_key?: string
}

/** All that a vhost has, in one order, without the vhost's own name. */
async function exported(ground: Ground) {
  const all = await manage(ground.servers.rabbitmq.management, 'GET', `/api/definitions/${vhostOf(ground)}`)
  const { exchanges, queues, bindings } = all as Record<string, (Named & { vhost?: string })[]>
  const sorted = (some: (Named & { vhost?: string })[] = []) =>
    some.map(({ vhost: _, ...rest }) => rest).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  return { exchanges: sorted(exchanges), queues: sorted(queues), bindings: sorted(bindings) }
}

function keyOf({ name, destination, routing_key }: Named): string {
  return `${name} ${destination} ${routing_key}`
}

function bootJob({ servers }: Ground): Promise<{ code: number; lines: string[] }> {
  const main = fileURLToPath(new URL('./declare-topology.main.ts', import.meta.url))
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main],
      { env: { ...process.env, NODE_OPTIONS: '', RABBITMQ_URL: servers.rabbitmq.url } },
      (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), lines: `${stdout}${stderr}`.trim().split('\n') })
      },
    )
  })
}
