import type { ClientFrame, GatewayFrame } from '@parvis/contracts/live-protocol'
import type { SocketLike } from '../live-socket.ts'

/** The page's end of a socket in memory, with what a test needs to play the gateway. */
export interface ScriptedSocket extends SocketLike {
  sent: ClientFrame[]
  closed: boolean
  /** The gateway takes the connection. */
  accept(): void
  /** The gateway sends a frame. */
  deliver(frame: GatewayFrame): void
  /** The gateway, or the network, ends the connection. */
  drop(code?: number): void
}

export function scriptedSocket(): ScriptedSocket {
  const socket: ScriptedSocket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    sent: [],
    closed: false,
    send: (data) => void socket.sent.push(JSON.parse(data)),
    close: () => {
      socket.closed = true
    },
    accept: () => socket.onopen?.(),
    deliver: (frame) => socket.onmessage?.({ data: JSON.stringify(frame) }),
    drop: (code = 1006) => socket.onclose?.({ code }),
  }
  return socket
}
