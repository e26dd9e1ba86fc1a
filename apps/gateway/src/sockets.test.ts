import { EventEmitter, once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { Entry } from '@parvis/contracts/post'
import { eventually } from '@parvis/testing/eventually'
import { pino } from 'pino'
import { WebSocket, WebSocketServer } from 'ws'
import { PING } from './ready-frame.ts'
import { createSockets, type Sockets } from './sockets.ts'
import { entryOf, scriptedWall } from './testing/scripted-wall.ts'

const MIB = 1024 * 1024

/** Sockets without posts, and without sessions but those that are given. */
function openSockets(wall: ReturnType<typeof scriptedWall>, heartbeatMs: number, given = {}) {
  const unused = { sessions: {}, acceptance: {}, table: {} }
  const limits = { frames: () => () => true, read: () => {}, socketOpened: () => () => {} }
  return createSockets({ ...wall, ...unused, ...given, limits, heartbeatMs, log: pino({ level: 'silent' }) } as never)
}

/** A browser that answers each ping, has sent these frames, and keeps what it is sent and how it is closed. */
function join(sockets: Sockets, ...frames: object[]) {
  const socket = Object.assign(new EventEmitter(), {
    // biome-ignore lint/suspicious/noExplicitAny: frames of every type
    sent: [] as any[],
    closed: undefined as number | undefined,
    readyState: 1,
    OPEN: 1,
    send: (text: string) => void socket.sent.push(JSON.parse(text)),
    close(code?: number) {
      socket.closed = code
      socket.readyState = 3
      socket.emit('close')
    },
  })
  const stream = { write: () => socket.emit('pong'), cork() {}, uncork() {}, writableLength: 0 } as unknown as Socket
  sockets.add(socket as never, { address: '127.0.0.1', stream })
  for (const frame of frames) socket.emit('message', Buffer.from(JSON.stringify(frame)), false)
  return socket
}

test('a browser that stops reading and goes on gets exactly what it missed', async () => {
  const wall = scriptedWall({ posts: 1, text: 'a'.repeat(4_000) })
  await using sockets = openSockets(wall, 25_000)
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const connected = once(server, 'connection')
  await once(server, 'listening')
  const browser = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  try {
    const seen: number[] = []
    browser.on('message', (data) => {
      const { entries = [] } = JSON.parse(String(data)) as { entries?: Entry[] }
      seen.push(...entries.map(({ seq }) => seq))
    })
    await once(browser, 'open')
    const [socket, { socket: stream }] = (await connected) as [WebSocket, { socket: Socket }]
    sockets.add(socket, { address: '127.0.0.1', stream })
    browser.send(JSON.stringify({ type: 'wall.subscribe', channel: 'wall' }))
    await eventually(() => expect(seen).toEqual([1]))
    browser.pause()
    let last = 1
    const store = (count: number) => {
      wall.channels.onUpdated(...wall.store(count))
      last += count
    }
    // What the kernel holds for it comes first, megabytes.
    for (; stream.writableLength <= MIB; await new Promise(setImmediate)) store(50)
    const full = stream.writableLength
    for (let missed = 0; missed < 4; missed++) store(50)
    expect(stream.writableLength).toBe(full)
    browser.resume()
    await eventually(() => expect(seen.at(-1)).toBe(last))
    expect(seen).toEqual(Array.from({ length: last }, (_, n) => n + 1))
  } finally {
    browser.terminate()
    for (const client of server.clients) client.terminate()
    server.close()
  }
})

test('a socket that closes while its token is looked at is not kept', async () => {
  const looked: string[][] = []
  const checked = Promise.withResolvers<void>()
  const check = async (token: string) => {
    await checked.promise
    return { id: token, pseudo: 'Ada', expiresAt: Date.now() + 60_000 }
  }
  const table = {
    async living(ids: string[]) {
      looked.push(ids)
      return new Map(ids.map((id) => [id, 'Ada']))
    },
  }
  await using sockets = openSockets(scriptedWall({ posts: 1 }), 50, { sessions: { check }, table })
  const [gone] = ['gone', 'stays'].map((token) => join(sockets, { type: 'session.open', token }))
  gone!.close()
  checked.resolve()
  await eventually(() => expect(looked.length).toBeGreaterThan(2))
  expect(new Set(looked.flat())).toEqual(new Set(['stays']))
})

test('a heartbeat closes sockets whose session has ended or has another pseudo, and no others', async () => {
  const check = async (token: string) => {
    const [id, pseudo] = token.split(' ')
    return { id, pseudo, expiresAt: Date.now() + 60_000 }
  }
  const pseudos = new Map([
    ['renamed', 'Marilyn'],
    ['same', 'Norma'],
  ])
  const living = async (ids: string[]) => new Map([...pseudos].filter(([id]) => ids.includes(id)))
  await using sockets = openSockets(scriptedWall({ posts: 1 }), 50, { sessions: { check }, table: { living } })
  const tokens = ['ended Norma', 'renamed Norma', 'renamed Marilyn', 'same Norma']
  const joined = tokens.map((token) => join(sockets, { type: 'session.open', token }))
  await eventually(() => expect(joined.map(({ closed }) => closed)).toEqual([4401, 4401, undefined, undefined]))
  pseudos.delete('same')
  await eventually(() => expect(joined.map(({ closed }) => closed)).toEqual([4401, 4401, undefined, 4401]))
  expect(sockets.count()).toBe(1)
})

test('200 posts of a socket may wait for an answer; the next is too fast, and welcome when one has been answered', async () => {
  const check = async () => ({ id: 'a', pseudo: 'Ada', expiresAt: Date.now() + 60_000 })
  const waiting: (() => void)[] = []
  const acceptance = {
    prepare: (_session: object, { id }: { id: string }) => ({ id, clientId: id }),
    accept: () => new Promise((resolve) => waiting.push(() => resolve({ durable: true }))),
  }
  await using sockets = openSockets(scriptedWall({ posts: 1 }), 25_000, { sessions: { check }, acceptance })
  const post = (n: number) => ({ type: 'post.create', id: entryOf(n).post.clientId, channel: 'wall', text: 'a' })
  const posts = Array.from({ length: 201 }, (_, n) => post(n))
  const author = join(sockets, { type: 'session.open', token: 'a' }, ...posts)
  const problem = { type: 'problem', id: posts[200]!.id, code: 'too-fast', retryAfterS: 1 }
  await eventually(() => expect(author.sent.slice(1)).toMatchObject([problem]))
  expect(waiting).toHaveLength(200)
  waiting[0]!()
  await eventually(() => expect(author.sent.at(-1)).toMatchObject({ type: 'post.accepted', id: posts[0]!.id }))
  author.emit('message', Buffer.from(JSON.stringify(posts[200])), false)
  await eventually(() => expect(waiting).toHaveLength(201))
  expect(author.sent).toHaveLength(3)
})

test('of a gateway of which 5,000 channels are watched no further one is, known or not; those that are go on', async () => {
  const wall = scriptedWall({ posts: 1 })
  await using sockets = openSockets(wall, 25_000)
  for (let n = 0; n < 5_000; n++)
    wall.channels.watch(wall.channels.open(`c${n}`), { onRun() {}, onAnew() {}, onSure() {} })
  wall.channels.open('read')
  const socket = join(
    sockets,
    { type: 'wall.subscribe', channel: 'another' },
    { type: 'wall.subscribe', channel: 'c7' },
    { type: 'wall.subscribe', channel: 'read' },
  )
  const refusal = { type: 'problem', code: 'not-available', channel: 'another', retryAfterS: 30 }
  await eventually(() => expect(socket.sent).toMatchObject([refusal, { ...refusal, channel: 'read' }]))
  expect(wall.channels.known('another')).toBeUndefined()
  expect(wall.channels.known('c7')?.watchers.size).toBe(2)
})

test('each socket is pinged once a heartbeat, a twenty-fifth of them at a time', async () => {
  await using sockets = openSockets(scriptedWall({ posts: 1, text: 'a' }), 500)
  const pings = Array.from({ length: 100 }, () => 0)
  const together: number[] = []
  let now = 0
  for (const index of pings.keys()) {
    const write = (frame: Buffer) => {
      expect(frame).toEqual(PING)
      pings[index]!++
      if (now === 0) {
        queueMicrotask(() => {
          together.push(now)
          now = 0
        })
      }
      now++
      socket.emit('pong')
    }
    const socket = Object.assign(new EventEmitter(), { close: () => {}, readyState: 1, OPEN: 1 })
    sockets.add(socket as never, { address: '127.0.0.1', stream: { write } as unknown as Socket })
  }
  await eventually(() => expect(Math.min(...pings)).toBeGreaterThan(0))
  expect(Math.max(...pings) - Math.min(...pings)).toBeLessThanOrEqual(1)
  expect(Math.max(...together)).toBe(4)
})
