import type { WallUpdatedFrame } from '@parvis/contracts/live-protocol'
import type { System } from '../load/fan-out.ts'
import { startProgram } from '../load/start-program.ts'

/** Node's `net` alone: the frames that Parvis would send, made ready here, written to each socket. */
export const rawNet: System = {
  name: 'raw net',
  async start() {
    const program = await startProgram<{ port: number }>('raw-net.main.ts', import.meta.url)
    let seq = 0
    return {
      url: `ws://127.0.0.1:${program.ready.port}/`,
      hello: [],
      async post(text) {
        program.write(JSON.stringify(frameOf(text, ++seq)))
      },
      pids: () => [program.pid],
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    }
  },
}

/** A frame with one post, as long as one of Parvis. */
function frameOf(text: string, seq: number): WallUpdatedFrame {
  const id = '01990000-0000-7000-8000-000000000000'
  const now = Date.now()
  const times = { createdAt: now, reviewedAt: now, storedAt: now }
  const post = { id, clientId: id, channel: 'bench', author: 'bench 000000000000', text, ...times }
  return {
    type: 'wall.updated',
    channel: 'bench',
    epoch: id,
    first: seq,
    last: seq,
    cachedAt: now,
    entries: [{ seq, kind: 'post', post }],
  }
}
