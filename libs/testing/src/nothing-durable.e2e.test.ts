import { startWall } from '@parvis/stack/supervise'
import { cuttableProxy } from './cuttable-proxy.ts'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { newClientId } from './live-client.ts'
import { storedPosts } from './stored-posts.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// A gateway that reaches neither broker nor store, and whose memory has room for one message.

test('beyond what memory holds a post is 503 with Retry-After and the id under which it is sent again, and is on the wall once', async () => {
  await using resources = new AsyncDisposableStack()
  const ground = resources.use(await freshGround())
  const broker = resources.use(await cuttableProxy(ground.servers.rabbitmq.url))
  const wall = resources.use(
    await startWall({
      servers: { ...ground.servers, rabbitmq: { ...ground.servers.rabbitmq, url: broker.url } },
      log: () => {},
      env: { ...process.env, REDIS_PREFIX: ground.redisPrefix, MESSAGE_STORE: 'memory', MEMORY_MESSAGES: '1' },
      counts: { 'message-store': 0 },
      restart: false,
    }),
  )
  const gateway = wall.gateways[0]!.url
  const channel = 'no-room'
  const token = await tokenOf(gateway, 'Homeless')
  const post = (text: string, id?: string) =>
    call(`${gateway}/posts`, 'POST', { token, body: { text, channel, ...(id && { id }) } })
  const ready = async () => (await call(`${gateway}/health/ready`, 'GET')).body.checks
  using reader = await openReader(gateway, channel)
  reader.send({ type: 'session.open', token })

  broker.cut()
  await eventually(async () => expect(await ready()).toMatchObject({ rabbitmq: 'degraded' }))
  expect(await post('kept')).toMatchObject({ status: 202, body: { durable: false } })
  const refused = await post('by http')
  expect(refused).toMatchObject({ status: 503, body: { code: 'not-available' } })
  expect(refused.headers.get('retry-after')).toBe('1')
  const given = refused.body.id
  expect(given).toMatch(/^[0-9a-f-]{36}$/)
  const own = newClientId()
  // An id that the client gave is the one that it is told.
  expect((await post('by socket', own)).body).toMatchObject({ code: 'not-available', id: own })
  reader.send({ type: 'post.create', id: own, channel, text: 'by socket' })
  await eventually(() =>
    expect(reader.frames.find(({ type }) => type === 'problem')).toMatchObject({
      code: 'not-available',
      id: own,
      retryAfterS: 1,
    }),
  )

  broker.mend()
  await eventually(async () => expect(await ready()).toMatchObject({ rabbitmq: 'up', stores: 'up' }))
  const again = () => post('by http', given)
  const first = await eventually(async () => {
    const answer = await again()
    expect(answer).toMatchObject({ status: 202, body: { clientId: given } })
    return answer
  })
  // The client did not hear the answer.
  expect((await again()).body.id).toBe(first.body.id)
  reader.send({ type: 'post.create', id: own, channel, text: 'by socket' })
  const expected = ['kept', 'by http', 'by socket'].map((text, index) => ({ seq: index + 1, text }))
  await eventually(() => expect(reader.entries.map(({ seq, post: { text } }) => ({ seq, text }))).toEqual(expected))
  expect(await storedPosts(ground, channel)).toEqual(expected)
  expect(reader.frames.filter(({ type }) => type === 'post.accepted')).toMatchObject([{ id: own }])
})
