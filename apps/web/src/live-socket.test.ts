import type { GatewayFrame } from '@parvis/contracts/live-protocol'
import { CONNECT_LIMIT_MS, createLiveSocket, type SocketState, waitAfter } from './live-socket.ts'
import { fakeClock } from './testing/fake-clock.ts'
import { type ScriptedSocket, scriptedSocket } from './testing/scripted-socket.ts'

const position: GatewayFrame = { type: 'wall.position', channel: 'wall', epoch: 'e1', last: 1 }

function start() {
  const clock = fakeClock()
  const sockets: ScriptedSocket[] = []
  const states: SocketState['name'][] = []
  const frames: GatewayFrame[] = []
  const codes: number[] = []
  const live = createLiveSocket({
    clock,
    heartbeatMs: 25_000,
    open: () => {
      const socket = scriptedSocket()
      sockets.push(socket)
      return socket
    },
    onState: (state) => void states.push(state.name),
    onFrame: (frame) => void frames.push(frame),
    onClosed: (code) => void codes.push(code),
  })
  live.start()
  return { clock, sockets, states, frames, codes, live, last: () => sockets.at(-1)! }
}

describe('the live socket', () => {
  it('passes frames on and leaves out what is not one', () => {
    const { last, frames, live } = start()
    expect(live.send({ type: 'wall.subscribe', channel: 'wall' })).toBe(false)
    last().accept()
    last().deliver(position)
    last().onmessage?.({ data: 'not json' })
    last().onmessage?.({ data: 'null' })
    expect(frames).toEqual([position])
    expect(live.send({ type: 'wall.subscribe', channel: 'wall' })).toBe(true)
    expect(last().sent).toEqual([{ type: 'wall.subscribe', channel: 'wall' }])
  })

  it('comes back after a loss, waiting longer each time', () => {
    const { clock, sockets, last, states } = start()
    last().accept()
    last().drop()
    expect(states).toEqual(['connecting', 'open', 'waiting'])
    for (const ms of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      const before = sockets.length
      clock.advance(ms - 1)
      expect(sockets).toHaveLength(before)
      clock.advance(1)
      expect(sockets).toHaveLength(before + 1)
      last().drop()
    }
  })

  it('is quick again after a connection that lasted, not after one that was taken and dropped', () => {
    const { clock, sockets, last } = start()
    for (const ms of [500, 1_000, 2_000]) {
      last().accept()
      last().drop()
      clock.advance(ms)
    }
    expect(sockets).toHaveLength(4)
    last().accept()
    clock.advance(10_000)
    last().drop()
    clock.advance(500)
    expect(sockets).toHaveLength(5)
  })

  it('takes a socket for dead when nothing came for two and a half heartbeats', () => {
    const { clock, last, codes, sockets } = start()
    const first = last()
    first.accept()
    clock.advance(60_000)
    first.deliver(position)
    clock.advance(62_500)
    expect(first.closed).toBe(false)
    clock.advance(2)
    expect([first.closed, codes]).toEqual([true, [1006]])
    clock.advance(500)
    expect(sockets).toHaveLength(2)
    first.deliver(position)
  })

  it('goes by the heartbeat that the gateway tells', () => {
    const { clock, last } = start()
    last().accept()
    last().deliver({ type: 'session.opened', pseudo: 'ana', sessionId: 's', expiresAt: 0, heartbeatMs: 1_000 })
    const first = last()
    clock.advance(62_600)
    expect(first.closed).toBe(true)
  })

  it('gives up a handshake that hangs', () => {
    const { clock, last, states } = start()
    const first = last()
    clock.advance(CONNECT_LIMIT_MS)
    expect([first.closed, states.at(-1)]).toEqual([true, 'waiting'])
  })

  it('tries at once when it is woken, once', () => {
    const { last, sockets, live } = start()
    last().drop()
    live.wake()
    live.wake()
    expect(sockets).toHaveLength(2)
    last().accept()
    live.wake()
    expect(sockets).toHaveLength(2)
  })

  it('hears nothing more of a socket that it left, and leaves no timer when stopped', () => {
    const { last, live, frames, sockets, clock } = start()
    const first = last()
    first.accept()
    live.reconnect()
    first.deliver(position)
    first.drop()
    expect([frames.length, sockets.length, first.closed]).toEqual([0, 2, true])
    live.stop()
    live.wake()
    expect([clock.pending(), sockets.length]).toEqual([0, 2])
  })
})

describe('the wait after a close code', () => {
  it('spreads the pages of a server that goes away over 5 s', () => {
    expect([waitAfter(1001, 0, 0), waitAfter(1001, 0, 1)]).toEqual([0, 5_000])
  })

  it('backs off more when told too fast, and most when refused', () => {
    expect(waitAfter(4429, 0, 0)).toBe(5_000)
    expect(waitAfter(4429, 0, 1)).toBe(13_000)
    expect([waitAfter(1008, 0, 0), waitAfter(1008, 0, 1)]).toEqual([15_000, 30_000])
  })
})
