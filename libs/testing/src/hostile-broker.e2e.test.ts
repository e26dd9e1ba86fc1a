import { readFile } from 'node:fs/promises'
import type { Ground } from '@parvis/stack/ground'
import { manage } from '@parvis/stack/manage'
import { startWall, type Wall } from '@parvis/stack/supervise'
import fc from 'fast-check'
import { createConnection } from 'mysql2/promise'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { assertHolds, nastyBytes, nastyJson, nastyText } from './hostile.ts'
import { call } from './wall-client.ts'

// Whatever lies in a queue: it is on the wall, refused, or parked with the reason; no process dies of it.

const resources = new AsyncDisposableStack()
let ground: Ground
let wall: Wall
let vhost = ''
let pids: number[] = []

beforeAll(async () => {
  ground = resources.use(await freshGround())
  vhost = new URL(ground.servers.rabbitmq.url).pathname.slice(1)
  const env = { ...process.env, REDIS_PREFIX: ground.redisPrefix }
  wall = resources.use(
    await startWall({
      servers: ground.servers,
      log: () => {},
      env,
    }),
  )
  pids = processes().map(({ pid }) => pid)
})

afterAll(() => resources.disposeAsync())

const processes = () => [...wall.gateways, ...Object.values(wall.services).flat()]

async function publish(exchange: string, routingKey: string, body: Buffer, headers: object = {}): Promise<void> {
  await manage(ground.servers.rabbitmq.management, 'POST', `/api/exchanges/${vhost}/${exchange}/publish`, {
    properties: { headers },
    routing_key: routingKey,
    payload: body.toString('base64'),
    payload_encoding: 'base64',
  })
}

let unanswered = 0

/**
 * Publishes; false, once in a run, when nobody says whether the message is there: the management API may wait for its
 * confirm for ever (rabbitmq-server #16911).
 */
async function published(...message: Parameters<typeof publish>): Promise<boolean> {
  try {
    await publish(...message)
    return true
  } catch (error) {
    if (!Error.isError(error) || error.name !== 'TimeoutError' || ++unanswered > 1) throw error
    return false
  }
}

/** Asked of the queue itself, with its messages given back: the management page's counts lag by seconds. */
async function lengthOf(queue: string): Promise<number> {
  const got = await manage(ground.servers.rabbitmq.management, 'POST', `/api/queues/${vhost}/${queue}/get`, {
    count: 20_000,
    ackmode: 'ack_requeue_true',
    encoding: 'base64',
    truncate: 1,
  })
  return (got as unknown[]).length
}

async function allAreWell(): Promise<void> {
  for (const { url } of processes()) {
    const { status, body } = await call(`${url}/health/ready`, 'GET')
    expect({ status, body }).toMatchObject({ status: 200 })
  }
  expect(processes().map(({ pid }) => pid)).toEqual(pids)
}

/** A post by hand takes the whole road; with it everything before it has been handled. */
async function isStored(text: string): Promise<void> {
  await publish('wall.commands', 'post.created', Buffer.from(JSON.stringify({ text, channel: 'after' })))
  await eventually(async () => {
    const page = await call(`${wall.gateways[0]!.url}/posts?channel=after`, 'GET')
    expect(page.body.entries.map(({ post }: { post: { text: string } }) => post.text)).toContain(text)
  }, 60_000)
}

const header = fc.dictionary(
  fc.constantFrom('x-delivery-count', 'x-death', 'cc', 'other'),
  fc.oneof(
    // As the management API takes them.
    nastyText.map((text) => text.toWellFormed()),
    fc.integer(),
  ),
)
const orFit = (fit: string, value: fc.Arbitrary<unknown>) => fc.oneof({ weight: 3, arbitrary: fc.constant(fit) }, value)
const almostPost = fc
  .record(
    {
      text: orFit('fit', nastyText),
      channel: orFit('any', nastyText),
      author: orFit('Ada', nastyText),
      other: nastyJson,
    },
    { requiredKeys: [] },
  )
  .map((post) => Buffer.from(JSON.stringify(post)))
const bodies = fc.oneof(
  { weight: 4, arbitrary: almostPost },
  { weight: 2, arbitrary: nastyJson.map((value) => Buffer.from(JSON.stringify(value) ?? '')) },
  { weight: 2, arbitrary: nastyBytes },
)

test('whatever is published as a command is on the wall, refused or parked, each once', async () => {
  let answered = 0
  const before = unanswered
  await assertHolds(0.08, fc.tuple(bodies, header), async ([body, headers]) => {
    // A pack counts by its posts; the next test has those.
    if (body.includes('"posts"')) return
    if (await published('wall.commands', 'post.created', body, headers)) answered++
  })
  await isStored('the commands are through')
  const [stored, , parked] = await eventually(async () => {
    const counts = [await rows('entries'), await rows('refusals'), await lengthOf('parvis.parked')]
    const handled = counts[0]! + counts[1]! + counts[2]!
    expect(handled).toBeGreaterThanOrEqual(answered + 1)
    expect(handled).toBeLessThanOrEqual(answered + 1 + unanswered - before)
    return counts
  })
  expect(stored).toBeGreaterThan(1)
  expect(parked).toBeGreaterThan(1)
  await allAreWell()
}, 600_000)

test('whatever is published as an event or a broadcast is parked or passed over, and the next one is handled', async () => {
  const places = fc.constantFrom(
    ['wall.commands', 'post.created.p1'],
    ['wall.commands', 'wall.requested'],
    ['wall.events', 'post.reviewed.p0'],
    ['wall.events', 'post.stored.p0'],
    ['wall.events', 'post.rejected'],
    ['wall.updates', 'wall.updated'],
    ['wall.updates', 'wall.positions'],
    ['wall.updates', 'post.rejected'],
    ['wall.updates', 'session.ended'],
  )
  const pack = nastyJson.map((posts) => Buffer.from(JSON.stringify({ posts: [posts].flat() })))
  await assertHolds(
    0.08,
    fc.tuple(places, fc.oneof(bodies, pack), header),
    async ([[exchange, key], body, headers]) => {
      await published(exchange!, key!, body, headers)
    },
  )
  // A header that is larger than what most clients read of a message.
  await publish('wall.commands', 'post.created', Buffer.from('{"text": "large header"}'), { large: 'x'.repeat(70_000) })
  await isStored('the events are through')
  await allAreWell()
}, 600_000)

test('no process has grown beyond bounds', async () => {
  for (const { name, pid } of processes()) {
    const rssKb = Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1])
    expect({ name, tooLarge: rssKb > 500 * 1024 }).toEqual({ name, tooLarge: false })
  }
})

async function rows(table: 'entries' | 'refusals'): Promise<number> {
  const connection = await createConnection({ uri: ground.servers.mysql.url })
  const [found] = await connection.query(`SELECT COUNT(*) n FROM ${table}`)
  await connection.end()
  return (found as { n: number }[])[0]!.n
}
