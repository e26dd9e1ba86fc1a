import { eventually } from '@parvis/testing/eventually'
import { pino } from 'pino'
import { TransientError } from '../errors.ts'
import { createStores } from './create-stores.ts'
import { fallbackMessageStore } from './fallback-message-store.ts'
import { memoryMessageStore } from './memory-message-store.ts'
import type { MessageStore, NewMessage } from './message-store.ts'

const silent = pino({ level: 'silent' })

/** A store that tests can take away. Its own rules are those of memory; whether it is durable it says itself. */
function awayable() {
  const inner = memoryMessageStore()
  let away = false
  const external = Object.fromEntries(
    (['add', 'list', 'claim', 'release', 'remove', 'held'] as const).map((name) => [
      name,
      async (...args: never[]) => {
        if (away) throw new TransientError('store-unreachable', 'away')
        const answer = await (inner[name] as (...args: never[]) => Promise<object>)(...args)
        return name === 'add' ? { ...answer, durable: true } : answer
      },
    ]),
  ) as unknown as MessageStore
  return {
    external,
    inner,
    set away(value: boolean) {
      away = value
    },
  }
}

let made = 0
const message = (partition = 0): NewMessage => ({
  messageId: `m-${++made}`,
  routingKey: `post.created.p${partition}`,
  content: '{}',
  options: { exchange: 'wall.commands', type: 'post.created', mandatory: true, partition, source: 'me' },
  timestamp: Date.now(),
})
const ids = (messages: { messageId: string }[]) => messages.map(({ messageId }) => messageId)

function open(most = 100) {
  const lines: { level: number; msg: string }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const place = awayable()
  const memory = memoryMessageStore({ messages: most })
  const store = fallbackMessageStore({ external: place.external, memory, source: 'me', log })
  return { place, memory, store, lines, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
}
const claim = { owner: 'one', leaseMs: 20_000, limit: 100, partition: 0 }

test('with the external store there, a message is durable and nothing is in memory', async () => {
  await using here = open()
  expect(await here.store.add(message())).toEqual({ added: true, durable: true })
  expect([here.store.state(), here.memory.size().count]).toEqual(['up', 0])
})

test('with it away, messages are kept in memory, said not to be durable, and brought over in order when it is back', async () => {
  await using here = open()
  const before = message()
  await here.store.add(before)
  here.place.away = true
  const during = [message(), message(), message()]
  for (const one of during) expect(await here.store.add(one)).toEqual({ added: true, durable: false })
  expect(here.store.state()).toBe('degraded')
  here.place.away = false
  // Behind those in memory, though the external store is back: else it would overtake them.
  const behind = message()
  expect(await here.store.add(behind)).toEqual({ added: true, durable: false })
  await eventually(() => expect(here.memory.size().count).toBe(0))
  expect(ids((await here.place.inner.list({ limit: 10 })).messages)).toEqual(ids([before, ...during, behind]))
  await eventually(async () => {
    expect((await here.store.held({ partition: 0, source: 'me' })).count).toBe(5)
    expect(here.store.state()).toBe('up')
  })
  const said = here.lines.map(({ msg }) => msg).filter((msg) => msg.includes('message store') && !msg.includes('moved'))
  expect(said).toEqual(['message store out of reach, falling back to memory', 'message store reached again'])
})

test('a message queues behind those of its partition in memory, also when the external store takes others again', async () => {
  await using here = open()
  here.place.away = true
  await here.store.add(message(0))
  await here.store.add(message(1))
  // Somebody is at it, so that it cannot be brought over.
  expect(await here.store.claim(claim)).toHaveLength(1)
  here.place.away = false
  await eventually(() => expect(here.memory.size().count).toBe(1))
  expect(await here.store.add(message(1))).toMatchObject({ durable: true })
  expect(await here.store.add(message(0))).toMatchObject({ durable: false })
})

test('beyond the bound of memory it refuses, and drops nothing', async () => {
  await using here = open(2)
  here.place.away = true
  for (let n = 0; n < 2; n++) await here.store.add(message())
  await expect(here.store.add(message())).rejects.toMatchObject({ code: 'store-full' })
  expect(here.memory.size().count).toBe(2)
  here.place.away = false
})

test('what memory holds can be republished while the external store is away, if that holds nothing before it', async () => {
  await using here = open()
  here.place.away = true
  const kept = message()
  await here.store.add(kept)
  expect(ids(await here.store.claim(claim))).toEqual([kept.messageId])
  expect(await here.store.remove(kept.messageId)).toBe(true)
  expect(await here.store.held({ partition: 0, source: 'me' })).toMatchObject({ count: 0 })
})

test('what memory holds waits while the external store is away with older ones of the same partition', async () => {
  await using here = open()
  await here.store.add(message())
  here.place.away = true
  await here.store.add(message())
  expect(await here.store.claim(claim)).toEqual([])
  await expect(here.store.held({ partition: 0, source: 'me' })).rejects.toMatchObject({ name: 'TransientError' })
  expect((await here.store.held({ partition: 1, source: 'me' })).count).toBe(0)
  here.place.away = false
})

test('what memory holds waits while somebody else has claimed the older ones', async () => {
  await using here = open()
  const older = message()
  await here.store.add(older)
  await here.place.inner.claim({ ...claim, owner: 'another' })
  here.place.away = true
  await here.store.add(message())
  here.place.away = false
  expect(await here.store.claim(claim)).toEqual([])
})

test('at the end of the process what is in memory is saved if the external store is back by then', async () => {
  const here = open()
  here.place.away = true
  const kept = message()
  await here.store.add(kept)
  here.place.away = false
  await here.store[Symbol.asyncDispose]()
  expect(ids((await here.place.inner.list({ limit: 10 })).messages)).toEqual([kept.messageId])
})

const config = {
  MESSAGE_STORE: 'memory',
  IDEMPOTENCY_STORE: 'memory',
  MESSAGE_EXPIRE_HOURS: 24,
  IDEMPOTENCY_KEEP_HOURS: 72,
  MEMORY_MESSAGES: 10,
  MEMORY_BYTES: 1_000,
} as const

test('by configuration memory alone: nothing is durable, and it says so while it holds something', async () => {
  await using stores = createStores(config, { source: 'me', log: silent })
  expect(stores.state()).toBe('up')
  expect(await stores.messages.add(message())).toEqual({ added: true, durable: false })
  expect([stores.state(), stores.inMemory()]).toEqual(['degraded', { count: 1, bytes: 2 }])
  expect(await stores.idempotency.claim('a', 1_000)).toMatchObject({ won: true })
})

test.each([{ MEMORY_MESSAGES: 2 }, { MEMORY_BYTES: 4 }])('by configuration memory holds so much: %j', async (most) => {
  await using stores = createStores({ ...config, ...most }, { source: 'me', log: silent })
  for (let n = 0; n < 2; n++) await stores.messages.add(message())
  await expect(stores.messages.add(message())).rejects.toMatchObject({ code: 'store-full' })
  expect(stores.inMemory()).toEqual({ count: 2, bytes: 4 })
})

test('by configuration the service: one that cannot be reached falls back to memory within seconds', async () => {
  const away = { ...config, MESSAGE_STORE: 'http', IDEMPOTENCY_STORE: 'http' } as const
  const needs = { source: 'me', log: silent, serviceToken: 'x' }
  await using stores = createStores({ ...away, MESSAGE_STORE_URL: 'http://127.0.0.1:9' }, needs)
  expect(await stores.messages.add(message())).toEqual({ added: true, durable: false })
  expect(await stores.idempotency.claim('a', 1_000)).toMatchObject({ won: true })
  expect(await stores.idempotency.claim('a', 1_000)).toMatchObject({ won: false })
  expect(stores.state()).toBe('degraded')
  await stores.messages.remove('m').catch((error) => expect(error.name).toBe('TransientError'))
})

test.each([
  [{ MESSAGE_STORE: 'http' }, 'MESSAGE_STORE_URL (for MESSAGE_STORE=http) is missing'],
  [{ MESSAGE_STORE: 'mysql' }, 'MYSQL_URL (for MESSAGE_STORE=mysql) is missing'],
  [{ IDEMPOTENCY_STORE: 'redis' }, 'REDIS_URL (for IDEMPOTENCY_STORE=redis) is missing'],
] as const)('%j alone is refused, naming what is missing', (more, why) => {
  expect(() => createStores({ ...config, ...more }, { source: 'me', log: silent })).toThrow(why)
})
