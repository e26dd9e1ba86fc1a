import { partitionOf, partitions } from '@parvis/contracts/partition'
import { queues } from '@parvis/contracts/topology'
import type { Ground } from '@parvis/stack/ground'
import { manage } from '@parvis/stack/manage'
import { startWall, type Wall } from '@parvis/stack/supervise'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// Two of each service on real servers: they share the partitions, and one takes over when the other dies.

const queueOf = {
  'post-worker': queues.postWorker,
  'db-writer': queues.dbWriter,
  'cache-worker': queues.cacheWorker,
}
type Worker = keyof typeof queueOf
const workers = Object.keys(queueOf) as Worker[]
// One channel of each partition.
const channels = partitions.map((k) => {
  for (let n = 0; ; n++) if (partitionOf(`lane-${n}`) === k) return `lane-${n}`
})

const resources = new AsyncDisposableStack()
let ground: Ground
let wall: Wall

beforeAll(async () => {
  const made = resources.use(await freshGround())
  ground = made
  const env = { ...process.env, REDIS_PREFIX: made.redisPrefix }
  const counts = { gateway: 2, 'post-worker': 2, 'db-writer': 2, 'cache-worker': 2 }
  // What is killed stays dead, so that all it leaves is done by the other.
  wall = resources.use(await startWall({ servers: made.servers, log: () => {}, env, counts, restart: false }))
})
afterAll(() => resources.disposeAsync())

interface QueueInfo {
  consumer_details?: { active: boolean; channel_details: { connection_name: string } }[]
}

/** Which connections work on the partitions of a service: one line a partition. */
async function holders(service: Worker): Promise<(string | undefined)[]> {
  const vhost = new URL(ground.servers.rabbitmq.url).pathname.slice(1)
  return Promise.all(
    partitions.map(async (k) => {
      const info = (await manage(
        ground.servers.rabbitmq.management,
        'GET',
        `/api/queues/${vhost}/${queueOf[service](k)}`,
      )) as QueueInfo
      return info.consumer_details?.find(({ active }) => active)?.channel_details.connection_name
    }),
  )
}

/** Posts on all four channels in turn until stopped; gives what was accepted on each. */
async function write(gateway: string, token: string, text: (n: number) => string, count: number) {
  for (let n = 0; n < count; n++) {
    for (const channel of channels) {
      const answer = await call(`${gateway}/posts`, 'POST', { token, body: { text: text(n), channel } })
      expect(answer.status).toBe(202)
    }
  }
}

test('the two of each service share the partitions, and posts flow while they do', async () => {
  const token = await tokenOf(wall.gateways[0]!.url, 'Sharer')
  const flowing = new AbortController()
  const flow = (async () => {
    for (let n = 0; !flowing.signal.aborted; n++) await write(wall.gateways[0]!.url, token, () => `share ${n}`, 1)
  })()
  try {
    for (const service of workers) {
      await eventually(async () => {
        const held = await holders(service)
        const counts = [...Map.groupBy(held, (name) => name).values()].map((some) => some.length)
        expect(held).not.toContain(undefined)
        expect(counts).toEqual([2, 2])
      }, 60_000)
    }
  } finally {
    flowing.abort()
    await flow
  }
})

test('one of each service is killed in turn while posts flow on every partition: nothing lost, doubled, reordered', async () => {
  const readers = await Promise.all(channels.map((channel, i) => openReader(wall.gateways[i % 2]!.url, channel)))
  const [one, two] = await Promise.all([
    tokenOf(wall.gateways[0]!.url, 'Writer one'),
    tokenOf(wall.gateways[1]!.url, 'Writer two'),
  ])
  const rounds = 60
  const killing = (async () => {
    for (const [i, service] of workers.entries()) {
      // Each dies when a quarter more of the posts is on the walls, so that all three die while posts flow.
      const seen = () => readers.reduce((sum, { entries }) => sum + entries.filter(isOurs).length, 0)
      await eventually(() => expect(seen()).toBeGreaterThan((i + 1) * rounds), 60_000)
      wall.services[service][i % 2]!.kill('SIGKILL')
    }
  })()
  await Promise.all([
    write(wall.gateways[0]!.url, one, (n) => `one ${n}`, rounds),
    write(wall.gateways[1]!.url, two, (n) => `two ${n}`, rounds),
    killing,
  ])
  for (const [i, service] of workers.entries()) {
    expect(wall.services[service].map(({ isUp }) => isUp)).toEqual([i % 2 !== 0, i % 2 === 0])
  }
  for (const reader of readers) {
    await eventually(() => expect(reader.entries.filter(isOurs)).toHaveLength(2 * rounds), 60_000)
    expect(reader.faults).toEqual([])
    const first = reader.entries[0]!.seq
    expect(reader.entries.map(({ seq }) => seq)).toEqual(reader.entries.map((_, n) => first + n))
    for (const writer of ['one', 'two']) {
      const own = reader.entries.map(({ post }) => post.text).filter((text) => text.startsWith(`${writer} `))
      expect(own).toEqual(Array.from({ length: rounds }, (_, n) => `${writer} ${n}`))
    }
    reader.socket.terminate()
  }
})

function isOurs({ post }: { post: { text: string } }): boolean {
  return /^(one|two) /.test(post.text)
}
