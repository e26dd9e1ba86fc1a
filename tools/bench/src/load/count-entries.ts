import { setTimeout as delay } from 'node:timers/promises'
import { SOCKET_CHANNELS } from '@parvis/contracts/limits'
import { createByteCounter } from './count-bytes.ts'
import { openRawSocket, type RawSocket, textFrame } from './raw-socket.ts'

const SNAPSHOTS_MS = 10_000

/**
 * Watches channels on as few sockets as may be (50 channels on each) and counts the entries that come, without reading
 * them. Resolves when all channels have been shown; what they held before is not counted.
 */
export async function countEntries(
  gateway: string,
  channels: readonly string[],
): Promise<{ seen(): number } & Disposable> {
  let [entries, snapshots] = [0, 0]
  const sockets: RawSocket[] = []
  const close = () => {
    for (const socket of sockets) socket[Symbol.dispose]()
  }
  try {
    for (let from = 0; from < channels.length; from += SOCKET_CHANNELS) {
      const [isEntry, isSnapshot] = [createByteCounter('"seq":'), createByteCounter('"wall.snapshot"')]
      const socket = await openRawSocket(gateway, (chunk) => {
        entries += isEntry(chunk)
        snapshots += isSnapshot(chunk)
      })
      sockets.push(socket)
      for (const channel of channels.slice(from, from + SOCKET_CHANNELS)) {
        socket.write(textFrame(JSON.stringify({ type: 'wall.subscribe', channel })))
      }
    }
    for (const until = performance.now() + SNAPSHOTS_MS; snapshots < channels.length; await delay(5)) {
      if (performance.now() > until) throw new Error(`${snapshots} of ${channels.length} channels were shown`)
    }
  } catch (error) {
    close()
    throw error
  }
  // The rest of a snapshot may still be on its way: its entries come behind its name.
  await delay(100)
  const before = entries
  return { seen: () => entries - before, [Symbol.dispose]: close }
}
