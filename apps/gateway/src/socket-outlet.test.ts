import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { eventually } from '@parvis/testing/eventually'
import { WebSocket, WebSocketServer } from 'ws'
import { SocketOutlet } from './socket-outlet.ts'

const ANSWER = 'a'.repeat(1_000)

/** A browser, and the way out to it. */
async function connected() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const connection = once(server, 'connection')
  await once(server, 'listening')
  const browser = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await once(browser, 'open')
  const [socket, { socket: stream }] = (await connection) as [WebSocket, { socket: Socket }]
  return {
    browser,
    socket,
    stream,
    outlet: new SocketOutlet(socket, stream),
    [Symbol.dispose]() {
      browser.terminate()
      socket.terminate()
      server.close()
    },
  }
}

test('a browser that leaves its answers unread is left, before they are many', async () => {
  using one = await connected()
  const { browser, socket, stream, outlet } = one
  browser.pause()
  let most = 0
  // What the kernel holds for it comes first, megabytes.
  for (; socket.readyState === socket.OPEN; await new Promise(setImmediate)) {
    for (let n = 0; n < 50; n++) outlet.send(ANSWER)
    most = Math.max(most, stream.writableLength)
  }
  expect(most).toBeGreaterThan(100 * 1024)
  expect(most).toBeLessThan(300 * 1024)
})

test('one that reads gets any number of answers', async () => {
  using one = await connected()
  const { browser, socket, outlet } = one
  let read = 0
  browser.on('message', () => read++)
  for (let turn = 1; turn <= 20; turn++) {
    for (let n = 0; n < 50; n++) outlet.send(ANSWER)
    await eventually(() => expect(read).toBe(turn * 50))
  }
  expect(socket.readyState).toBe(socket.OPEN)
})
