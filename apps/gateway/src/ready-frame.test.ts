import type { Writable } from 'node:stream'
import * as ws from 'ws'
import { readyFrame } from './ready-frame.ts'

// The part of ws that reads frames; its types do not name it.
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable }

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('a frame of %i bytes reads back, as text', async (bytes) => {
  const text = 'é'.repeat(bytes >> 1) + 'a'.repeat(bytes & 1)
  for (const given of [text, Buffer.from(text)]) {
    const receiver = new Receiver({ isServer: false })
    const { promise, resolve } = Promise.withResolvers<[Buffer, boolean]>()
    receiver.on('message', (data: Buffer, isBinary: boolean) => resolve([data, isBinary]))
    receiver.write(readyFrame(given))
    const [data, isBinary] = await promise
    expect(isBinary).toBe(false)
    expect(data.toString()).toBe(text)
  }
})
