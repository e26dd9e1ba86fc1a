import { randomBytes } from 'node:crypto'
import WebSocket from 'ws'
import { eventually } from './eventually.ts'

/** A socket of the live protocol that keeps every frame it gets, and how it ended. */
export async function openSocket(gateway: string, options: WebSocket.ClientOptions = {}) {
  const socket = new WebSocket(`${gateway.replace('http', 'ws')}/ws`, 'parvis.v1', options)
  // biome-ignore lint/suspicious/noExplicitAny: frames of every type
  const frames: any[] = []
  const sizes: number[] = []
  socket.on('message', (data: Buffer) => {
    frames.push(JSON.parse(String(data)))
    sizes.push(data.length)
  })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return {
    socket,
    frames,
    /** The bytes of each frame. */
    sizes,
    /** Resolves with the close code. */
    closed,
    send: (frame: object) => socket.send(JSON.stringify(frame)),
    /** The first frame with these fields, when it has come. */
    frame: (shape: Record<string, unknown>) =>
      eventually(() => {
        const found = frames.find((frame) => Object.entries(shape).every(([name, value]) => frame[name] === value))
        if (found) return found
        throw new Error(`no ${JSON.stringify(shape)} among ${JSON.stringify(frames).slice(0, 500)}`)
      }),
    [Symbol.dispose]: () => socket.terminate(),
  }
}

/** The id that a client gives a post; all of one moment. */
export const newClientId = () => `01890000-0000-7000-8000-${randomBytes(6).toString('hex')}`
