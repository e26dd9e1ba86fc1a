import { httpIdempotencyStore } from '@parvis/bus/stores/http-idempotency-store'
import { httpMessageStore } from '@parvis/bus/stores/http-message-store'
import type { IdempotencyStore } from '@parvis/bus/stores/idempotency-store'
import { memoryIdempotencyStore } from '@parvis/bus/stores/memory-idempotency-store'
import { memoryMessageStore } from '@parvis/bus/stores/memory-message-store'
import type { MessageStore, NewMessage } from '@parvis/bus/stores/message-store'
import { mysqlMessageStore } from '@parvis/bus/stores/mysql-message-store'
import { redisIdempotencyStore } from '@parvis/bus/stores/redis-idempotency-store'
import { migrate } from '@parvis/storage/migrate'
import { type Mysql, openMysql } from '@parvis/storage/mysql'
import { openRedis } from '@parvis/storage/redis'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { pino } from 'pino'
import { startStore } from './testing/start-store.ts'

// What every store promises, whichever adapter keeps it: memory, MySQL and Redis, and both through the service.

const resources = new AsyncDisposableStack()
const log = pino({ level: 'silent' })
const HOUR_MS = 3_600_000
const MOST = 40
const LARGE = JSON.stringify('x'.repeat(700_000))
const MOST_BYTES = 4 * LARGE.length
const LEASE_MS = 20_000
let mysql: Mysql
const messageStores: Record<string, MessageStore> = {}
const markStores: Record<string, IdempotencyStore> = {}

beforeAll(async () => {
  const ground = resources.use(await freshGround())
  const service = resources.use(await startStore(ground, { STORE_MESSAGES: `${MOST}`, STORE_BYTES: `${MOST_BYTES}` }))
  mysql = resources.use(await openMysql({ url: ground.servers.mysql.url, connections: 4, log }))
  await migrate(ground.servers.mysql.url, {
    folder: new URL('./migrations/', import.meta.url),
    table: 'message_store_migrations',
  })
  const cache = resources.use(openRedis({ url: ground.servers.redis.url, log, commandMs: 5_000 }))
  await eventually(() => expect(cache.up()).toBe(true))
  const address = { urls: service.url, token: service.token, timeoutMs: 10_000 }
  messageStores.memory = memoryMessageStore({ messages: MOST, bytes: MOST_BYTES })
  messageStores.mysql = mysqlMessageStore(mysql, { messages: MOST, bytes: MOST_BYTES })
  messageStores.http = httpMessageStore(address)
  markStores.memory = memoryIdempotencyStore()
  markStores.redis = redisIdempotencyStore(cache.redis, { prefix: `${ground.redisPrefix}marks:` })
  markStores.http = httpIdempotencyStore(address)
})

afterAll(() => resources.disposeAsync())

let made = 0
const message = (
  more: { partition?: number; source?: string; timestamp?: number; content?: string } = {},
): NewMessage => {
  const messageId = `m-${++made}`
  const { partition = 0, source = 'a', timestamp = Date.now(), content = `{"text":"${messageId} é"}` } = more
  return {
    messageId,
    routingKey: `post.created.p${partition}`,
    content,
    options: { exchange: 'wall.commands', type: 'post.created', mandatory: true, partition, source, headers: { a: 1 } },
    timestamp,
  }
}
const ids = (messages: { messageId: string }[]) => messages.map(({ messageId }) => messageId)

async function empty(store: MessageStore): Promise<void> {
  for (let page = await store.list({ limit: 200 }); page.messages.length > 0; page = await store.list({ limit: 200 })) {
    for (const { messageId } of page.messages) await store.remove(messageId)
  }
  for (const owner of ['one', 'two']) await store.release(owner)
  // It may count itself as full for another second.
  const probe = message()
  await eventually(() => store.add(probe))
  await store.remove(probe.messageId)
}

describe.each(['memory', 'mysql', 'http'])('messages in %s', (name) => {
  let store: MessageStore
  beforeEach(async () => {
    store = messageStores[name]!
    await empty(store)
  })

  test('gives back what was added, byte for byte, and says whether it outlives the process', async () => {
    const kept = message({ content: JSON.stringify({ text: '"\\\n\u0001 é 👩‍👩‍👧 \u2028' }) })
    expect(await store.add(kept)).toEqual({ added: true, durable: name !== 'memory' })
    const { messages, next } = await store.list({ limit: 10 })
    expect(messages).toEqual([{ ...kept, position: expect.any(Number), claims: 0, expired: false }])
    expect(next).toBeNull()
  })

  test('keeps a message once, as it was first', async () => {
    const kept = message()
    await store.add(kept)
    expect(await store.add({ ...kept, content: '{}' })).toMatchObject({ added: false })
    expect((await store.list({ limit: 10 })).messages).toMatchObject([{ content: kept.content }])
  })

  test('lists in the order of storing, page by page', async () => {
    const kept = Array.from({ length: 7 }, (_, n) => message({ partition: n % 3 }))
    for (const one of kept) await store.add(one)
    const seen: string[] = []
    let after: number | null = 0
    const sizes: number[] = []
    while (after !== null) {
      const page: Awaited<ReturnType<MessageStore['list']>> = await store.list({ after, limit: 3 })
      seen.push(...ids(page.messages))
      sizes.push(page.messages.length)
      after = page.next
    }
    expect(seen).toEqual(ids(kept))
    expect(sizes).toEqual([3, 3, 1])
  })

  test('a page has at most 1 MiB of bodies, and at least one message', async () => {
    for (let n = 0; n < 3; n++) await store.add(message({ content: LARGE }))
    const page = await store.list({ limit: 10 })
    expect(page.messages).toHaveLength(1)
    expect(page.next).not.toBeNull()
    expect(await store.claim({ owner: 'one', leaseMs: LEASE_MS, limit: 10 })).toHaveLength(1)
  })

  test('removes once; what is unknown is said', async () => {
    const kept = message()
    await store.add(kept)
    expect([await store.remove(kept.messageId), await store.remove(kept.messageId)]).toEqual([true, false])
    expect(await store.held()).toEqual({ count: 0, bytes: 0, oldest: null })
  })

  test('counts by partition and source', async () => {
    const kept = [message({ timestamp: 5_000 }), message({ partition: 1 }), message({ partition: 1, source: 'b' })]
    for (const one of kept) await store.add(one)
    const bytes = Buffer.byteLength(kept[0]!.content)
    expect(await store.held({ partition: 0 })).toEqual({ count: 1, bytes, oldest: 5_000 })
    expect((await store.held({ partition: 1 })).count).toBe(2)
    expect((await store.held({ partition: 1, source: 'b' })).count).toBe(1)
    expect((await store.held({ partition: 0, source: 'b' })).count).toBe(0)
    expect((await store.held()).count).toBe(3)
  })

  test('claims the oldest first, of one partition or one source if asked', async () => {
    const kept = [message(), message({ partition: 1 }), message({ source: 'b' }), message()]
    for (const one of kept) await store.add(one)
    const claim = { owner: 'one', leaseMs: LEASE_MS, limit: 10 }
    const [first, second, third, fourth] = ids(kept)
    expect(ids(await store.claim({ ...claim, limit: 3 }))).toEqual([first, second, third])
    expect(ids(await store.claim({ ...claim, partition: 0 }))).toEqual([first, third, fourth])
    expect(ids(await store.claim({ ...claim, source: 'b' }))).toEqual([third])
    expect((await store.list({ limit: 1 })).messages[0]?.claims).toBe(2)
  })

  test('what one has claimed nobody else gets, nor what follows it, until it is released', async () => {
    for (const one of [message(), message({ partition: 1 })]) await store.add(one)
    const claim = { leaseMs: LEASE_MS, limit: 10 }
    expect(await store.claim({ ...claim, owner: 'one', partition: 0 })).toHaveLength(1)
    const later = message()
    await store.add(later)
    expect((await store.claim({ ...claim, owner: 'two' })).map(({ options }) => options.partition)).toEqual([1])
    expect(await store.claim({ ...claim, owner: 'two', partition: 0 })).toEqual([])
    await store.release('two', 0)
    expect(await store.claim({ ...claim, owner: 'two', partition: 0 })).toEqual([])
    await store.release('one', 0)
    expect(await store.claim({ ...claim, owner: 'two', partition: 0 })).toHaveLength(2)
  })

  test('a lease that is over lets the next one claim', async () => {
    const kept = message()
    await store.add(kept)
    await store.claim({ owner: 'one', leaseMs: 300, limit: 1 })
    const second = await eventually(async () => {
      const claimed = await store.claim({ owner: 'two', leaseMs: LEASE_MS, limit: 1 })
      expect(ids(claimed)).toEqual([kept.messageId])
      return claimed
    })
    expect(second[0]?.claims).toBe(1)
  })

  test('an expired message is kept, and handed out as expired', async () => {
    const [old, young] = [message({ timestamp: Date.now() - 24 * HOUR_MS - 5_000 }), message()]
    await store.add(old)
    await store.add(young)
    const claimed = await store.claim({ owner: 'one', leaseMs: LEASE_MS, limit: 10 })
    expect(claimed.map(({ messageId, expired }) => [messageId, expired])).toEqual([
      [old.messageId, true],
      [young.messageId, false],
    ])
    expect((await store.held()).count).toBe(2)
  })

  test('says that it is full at its bound, and drops nothing', async () => {
    const kept: string[] = []
    // MySQL's count is up to a second old, so a few more may be let in.
    await eventually(async () => {
      const one = message()
      const refused = store.add(one).then(() => void kept.push(one.messageId))
      await expect(refused).rejects.toMatchObject({ name: 'TransientError', code: 'store-full' })
    }, 30_000)
    expect(kept.length).toBeGreaterThanOrEqual(MOST)
    expect(ids((await store.list({ limit: 200 })).messages)).toEqual(kept)
  })

  test('says that it is full by bytes too, and takes more when something is removed', async () => {
    const kept = Array.from({ length: 4 }, () => message({ content: LARGE }))
    for (const one of kept) await store.add(one)
    const tryOne = async () => {
      const one = message()
      await store.add(one)
      await store.remove(one.messageId)
    }
    // MySQL's count is up to a second old.
    await eventually(() => expect(tryOne()).rejects.toMatchObject({ name: 'TransientError', code: 'store-full' }))
    expect(await store.held()).toMatchObject({ count: 4, bytes: MOST_BYTES })
    await store.remove(kept[0]!.messageId)
    await eventually(tryOne)
    expect(await store.held()).toMatchObject({ count: 3, bytes: 3 * LARGE.length })
  })
})

// Through the service to MySQL, so MySQL alone need not be asked again.
test.each(['memory', 'http'])(
  'two buses that claim the same message 1,000 times at once, in %s: exactly one wins each',
  async (name) => {
    const store = messageStores[name]!
    const wins = { one: 0, two: 0 }
    const each = name === 'memory' ? 1_000 : 250
    // Four partitions at a time, as many as there are.
    const claimOn = async (partition: number) => {
      for (let n = 0; n < each / (name === 'memory' ? 4 : 1); n++) {
        const one = message({ partition })
        await store.add(one)
        const claims = await Promise.all(
          (['one', 'two'] as const).map(async (owner) => {
            const claimed = await store.claim({ owner, leaseMs: LEASE_MS, limit: 5, partition })
            wins[owner] += claimed.length
            return claimed
          }),
        )
        expect(claims.flatMap(ids)).toEqual([one.messageId])
        await store.remove(one.messageId)
        for (const owner of ['one', 'two']) await store.release(owner, partition)
      }
    }
    await empty(store)
    await Promise.all([0, 1, 2, 3].map(claimOn))
    expect(wins.one + wins.two).toBe(1_000)
    expect(wins.one).toBeGreaterThan(0)
  },
)

describe.each(['memory', 'redis', 'http'])('marks in %s', (name) => {
  let store: IdempotencyStore
  beforeEach(() => {
    store = markStores[name]!
  })

  test('the first claim wins, all others get its mark', async () => {
    const id = `once-${name}`
    const first = await store.claim(id, LEASE_MS)
    expect(first).toEqual({ won: true, token: expect.any(String) })
    const others = await Promise.all([1, 2, 3].map(() => store.claim(id, LEASE_MS)))
    const mark = { messageId: id, state: 'claimed', at: expect.any(Number) }
    expect(others).toEqual(others.map(() => ({ won: false, mark })))
    expect(await store.get(id)).toEqual(mark)
  })

  test('a claim that is repeated with its own token wins again', async () => {
    const claims = [1, 2].map(() => store.claim(`again-${name}`, LEASE_MS, 'mine'))
    expect(await Promise.all(claims)).toEqual([1, 2].map(() => ({ won: true, token: 'mine' })))
  })

  test('only the winner completes, and its result stays', async () => {
    const id = `done ${name}/é`
    const claim = await store.claim(id, LEASE_MS)
    if (!claim.won) throw new Error('not won')
    expect(await store.complete(id, 'another', 1)).toBe(false)
    expect(await store.complete(id, claim.token, { seq: 7, list: [] })).toBe(true)
    expect(await store.complete(id, claim.token, { seq: 8 })).toBe(true)
    const mark = { messageId: id, state: 'done', at: expect.any(Number), result: { seq: 7, list: [] } }
    expect(await store.get(id)).toEqual(mark)
    expect(await store.claim(id, LEASE_MS, claim.token)).toEqual({ won: false, mark })
  })

  test('a lease that is over lets the next one win, and the first one complete no more', async () => {
    const id = `lease-${name}`
    const first = await store.claim(id, 200)
    const second = await eventually(async () => {
      const claim = await store.claim(id, LEASE_MS)
      expect(claim.won).toBe(true)
      return claim
    })
    if (!first.won || !second.won) throw new Error('not won')
    expect(await store.complete(id, first.token)).toBe(false)
    expect(await store.complete(id, second.token)).toBe(true)
    expect(await store.get(id)).toEqual({ messageId: id, state: 'done', at: expect.any(Number) })
  })

  test('what is unknown is undefined; what is forgotten can be won again', async () => {
    const id = `forgotten-${name}`
    expect([await store.get(id), await store.forget(id)]).toEqual([undefined, false])
    await store.claim(id, LEASE_MS)
    expect([await store.forget(id), await store.get(id)]).toEqual([true, undefined])
    expect(await store.claim(id, LEASE_MS)).toMatchObject({ won: true })
  })

  test('two that claim the same of 1,000 messages at once: exactly one wins each', async () => {
    let won = 0
    for (let n = 0; n < 1_000; n += 20) {
      const claims = Array.from({ length: 20 }, (_, i) => `race-${name}-${n + i}`).map(async (id) => {
        const both = await Promise.all([store.claim(id, LEASE_MS), store.claim(id, LEASE_MS)])
        expect(both.filter((claim) => claim.won)).toHaveLength(1)
        won++
      })
      await Promise.all(claims)
    }
    expect(won).toBe(1_000)
  })
})

test.each([
  ['redis', () => redisIdempotencyStore({ eval: () => Promise.reject(new Error('gone')) }, { prefix: '' }).get('a')],
  ['http', () => httpMessageStore({ urls: 'http://127.0.0.1:9', token: '', tries: 2 }).held()],
  ['http', () => httpIdempotencyStore({ urls: 'http://127.0.0.1:9', token: '', tries: 2 }).claim('a', 1)],
])('%s that cannot be reached is a TransientError', async (_name, run) => {
  await expect(run()).rejects.toMatchObject({ name: 'TransientError' })
})
