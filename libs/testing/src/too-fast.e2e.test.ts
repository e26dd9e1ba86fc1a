import { eventually } from './eventually.ts'
import { newClientId, openSocket } from './live-client.ts'
import { startTestWall } from './test-wall.ts'
import { call, openReader, tokenOf } from './wall-client.ts'
import { unused } from './wall-under-test.ts'

// A wall with the limits on, and small ones for what an address may do.

const PER_SECOND = 1
const ADDRESS_AT_ONCE = 30
const resources = new AsyncDisposableStack()
let near = ''
let far = ''

beforeAll(async () => {
  const env = {
    LIMITS: 'on',
    POSTS_PER_SESSION: `${PER_SECOND}/20`,
    // At all times more than one session may post, so that a session's limit is met first.
    POSTS_PER_ADDRESS: `${PER_SECOND}/${ADDRESS_AT_ONCE}`,
    SESSIONS_PER_ADDRESS: '0.5/6',
    SOCKETS_PER_ADDRESS: '3',
    READS_PER_ADDRESS: '0.01/20',
    FRAMES_PER_SOCKET: '1/60',
  }
  ;({ near, far } = await startTestWall(resources, { env }))
})

afterAll(() => resources.disposeAsync())

test('a session posts 20 at once and then at its pace, over HTTP and sockets together, and is told when to go on', async () => {
  const channel = unused('burst')
  const token = await tokenOf(near, unused('Ada'))
  using reader = await openReader(near, channel)
  reader.send({ type: 'session.open', token })
  const begin = performance.now()
  const mayHave = () => 20 + Math.ceil(((performance.now() - begin) / 1000) * PER_SECOND)
  const post = (n: number) => call(`${near}/posts`, 'POST', { token, body: { text: `http ${n}`, channel } })
  for (let n = 0; n < 10; n++) expect((await post(n)).status).toBe(202)
  const id = (n: number) => `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`
  for (let n = 0; n < 40; n++) reader.send({ type: 'post.create', id: id(n), channel, text: `socket ${n}` })
  const answered = (type: string) => reader.frames.filter((frame) => frame.type === type)
  await eventually(() => expect(answered('post.accepted').length + answered('problem').length).toBe(40))
  expect(answered('post.accepted').length).toBeGreaterThanOrEqual(10)
  expect(10 + answered('post.accepted').length).toBeLessThanOrEqual(mayHave())
  expect(answered('problem')[0]).toMatchObject({ code: 'too-fast', id: expect.any(String) })
  expect(answered('problem')[0].retryAfterS).toBeGreaterThan(0)
  // What the socket has used up, HTTP has not either; a rest makes both welcome again.
  const rest: number[] = []
  await eventually(async () => {
    const { status, headers, body } = await post(99)
    rest.push(status)
    if (status === 429) expect([body.code, Number(headers.get('retry-after')) > 0]).toEqual(['too-fast', true])
    expect([...new Set(rest)].sort()).toEqual([202, 429])
  }, 30_000)
  // What was refused is not half done.
  const accepted = 10 + answered('post.accepted').length + rest.filter((status) => status === 202).length
  await eventually(() => expect(reader.entries).toHaveLength(accepted))
})

test('the sessions of an address share what it may post, over HTTP and sockets together', async () => {
  const channel = unused('shared')
  const [ada, bob, eve] = await Promise.all(['Ada', 'Bob', 'Eve'].map((name) => tokenOf(far, unused(name))))
  using live = await openSocket(far)
  live.send({ type: 'session.open', token: bob })
  const begin = performance.now()
  for (let n = 0; n < 20; n++) live.send({ type: 'post.create', id: newClientId(), channel, text: `socket ${n}` })
  const answered = (type: string) => live.frames.filter((frame) => frame.type === type)
  const post = (token?: string) => call(`${far}/posts`, 'POST', { token: token!, body: { text: 'http', channel } })
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => post(n % 2 ? ada : eve)))
  await eventually(() => expect(answered('post.accepted').length + answered('problem').length).toBe(20))
  const mayHave = ADDRESS_AT_ONCE + Math.ceil(((performance.now() - begin) / 1000) * PER_SECOND)
  const accepted = answered('post.accepted').length + answers.filter(({ status }) => status === 202).length
  expect(accepted).toBeGreaterThanOrEqual(ADDRESS_AT_ONCE)
  expect(accepted).toBeLessThanOrEqual(mayHave)
  const refused = answers.find(({ status }) => status === 429)
  expect(refused?.body).toMatchObject({ code: 'too-fast', detail: expect.stringContaining('an address') })
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('a socket that sends frames faster than anyone needs is closed with 4429', async () => {
  using reader = await openReader(near, unused('flood'))
  const closed = new Promise<number>((resolve) => reader.socket.once('close', resolve))
  for (let n = 0; n < 90; n++) reader.send({ type: 'wall.unsubscribe', channel: 'none' })
  expect(await closed).toBe(4429)
})

test('an address opens so many sockets, and one more when one is closed', async () => {
  const readers = await Promise.all([0, 1, 2].map(() => openReader(near)))
  await expect(openReader(near)).rejects.toThrow('429')
  readers[0]!.socket.close()
  using again = await eventually(() => openReader(near))
  expect(again.socket.readyState).toBe(again.socket.OPEN)
  for (const { socket } of readers) socket.terminate()
})

test('an address chooses so many pseudos, and is told when to try again; no header makes it another address', async () => {
  const choose = () =>
    call(`${near}/auth/choose-pseudo`, 'POST', {
      body: { pseudo: unused('Bob') },
      headers: { 'x-forwarded-for': `10.0.0.${Math.floor(Math.random() * 250)}` },
    })
  const answers = []
  for (let n = 0; n < 10; n++) answers.push(await choose())
  const refused = answers.find(({ status }) => status === 429)
  expect(refused?.body).toMatchObject({ code: 'too-fast' })
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('an address asks so often for what is not in memory, and is told when to go on; what is there it may always read', async () => {
  const [known, asked] = [unused('known'), unused('asked')]
  using reader = await openReader(far, known)
  await eventually(() => expect(reader.lastFrame()).toBeDefined())
  const page = (channel: string) => call(`${far}/posts?channel=${channel}`, 'GET')
  const answers = []
  for (let n = 0; n < 20; n++) answers.push(await page(unused('cold')))
  expect(answers.map(({ status }) => status)).toEqual([...Array(19).fill(200), 429])
  const { headers, body } = answers.at(-1)!
  expect([body.code, Number(headers.get('retry-after')) > 0]).toEqual(['too-fast', true])
  const post = await call(`${far}/posts/01890000-0000-7000-8000-000000000001`, 'GET')
  expect([post.status, post.body.code]).toEqual([429, 'too-fast'])
  // What the memory of a known channel does not have is asked for too.
  for (const [channel, after] of [[asked], [known, 7]] as const) {
    reader.send({ type: 'wall.subscribe', channel, after })
    const problem = { type: 'problem', code: 'too-fast', channel, retryAfterS: expect.any(Number) }
    await eventually(() => expect(reader.frames).toContainEqual(expect.objectContaining(problem)))
  }
  const read = await page(known)
  expect([read.status, read.headers.get('x-parvis-source')]).toEqual([200, 'memory'])
})
