import { EventEmitter, once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { Entry } from '@parvis/contracts/post'
import { eventually } from '@parvis/testing/eventually'
import { pino } from 'pino'
import { WebSocket, WebSocketServer } from 'ws'
import { PING } from './ready-frame.ts'
import { createSockets } from './sockets.ts'
import { scriptedWall } from './testing/scripted-wall.ts'

const MIB = 1024 * 1024

/** Sockets without posts, and without sessions but those that are given. */
function openSockets(wall: ReturnType<typeof scriptedWall>, heartbeatMs: number, given = {}) {
  const unused = { sessions: {}, acceptance: {}, table: {} }
  const limits = { frames: () => () => true, read: () => {}, socketOpened: () => () => {} }
  return createSockets({ ...wall, ...unused, ...given, limits, heartbeatMs, log: pino({ level: 'silent' }) } as never)
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
  const join = (token: string) => {
    const socket = Object.assign(new EventEmitter(), { close() {}, send() {}, readyState: 1, OPEN: 1 })
    const stream = { write: () => socket.emit('pong'), cork() {}, uncork() {} } as unknown as Socket
    sockets.add(socket as never, { address: '127.0.0.1', stream })
    socket.emit('message', Buffer.from(JSON.stringify({ type: 'session.open', token })), false)
    return socket
  }
  const gone = join('gone')
  join('stays')
  gone.readyState = 3
  gone.emit('close')
  checked.resolve()
  await eventually(() => expect(looked.length).toBeGreaterThan(2))
  expect(new Set(looked.flat())).toEqual(new Set(['stays']))
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
