import { randomUUID } from 'node:crypto'
import { freePort } from '@parvis/stack/free-port'
import { CONNECTIONS } from './express-monolith.ts'
import { npmVersions } from './installed-versions.ts'
import { openWriter } from './open-writer.ts'
import type { Peer } from './peer.ts'
import { startProgram } from './start-program.ts'

// Engine.IO's packet types are one digit, Socket.IO's the next: 2 ping, 3 pong; 40 connect, 42 event, 43 answer.
const PING = '2'
const PONG = '3'

/** Socket.IO with its Redis adapter and MySQL. */
export const socketIo: Peer = {
  name: 'socket.io',
  durable: true,
  promise: 'committed before the answer, numbered, a repeated id stored once; no resume with this adapter',
  versions: () => npmVersions('socket.io', '@socket.io/redis-adapter', 'redis', 'mysql2'),
  async start({ servers, redisPrefix }, signal) {
    const port = await freePort()
    const program = await startProgram('socket.io', [process.execPath, 'socket.io/server.mjs'], {
      signal,
      env: {
        PORT: String(port),
        MYSQL_URL: servers.mysql.url,
        REDIS_URL: servers.redis.url,
        REDIS_PREFIX: redisPrefix,
        CONNECTIONS: String(CONNECTIONS),
      },
    })
    const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`
    try {
      // A writer that is in no channel gets the answers alone.
      const writer = await openWriter(url, {
        hello: ['40'],
        isOpen: (frame) => frame.startsWith('40{'),
        write: (text, number) =>
          `42${number}${JSON.stringify(['post', { channel: 'wall', id: randomUUID(), author: 'bench', text }])}`,
        read(frame) {
          if (frame === PING) return { send: PONG }
          const answer = /^43(\d+)(.*)$/s.exec(frame)
          if (!answer) return {}
          const [{ error }] = JSON.parse(answer[2] as string) as [{ error?: string }]
          return { answered: Number(answer[1]), ...(error && { error }) }
        },
      })
      return {
        url,
        hello: ['40{"channel":"wall"}'],
        post: writer.post,
        pids: () => [program.pid],
        async [Symbol.asyncDispose]() {
          writer.close()
          await program[Symbol.asyncDispose]()
        },
      }
    } catch (error) {
      await program[Symbol.asyncDispose]()
      throw error
    }
  },
}
