import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { findProgram } from '@parvis/stack/find-program'
import { freePort } from '@parvis/stack/free-port'
import { brokerScript } from '@parvis/stack/local-rabbitmq'
import { PlainError } from '@parvis/stack/servers'
import { descendants } from '../descendants.ts'
import { debianVersions } from './installed-versions.ts'
import { openWriter } from './open-writer.ts'
import type { Peer } from './peer.ts'
import { startProgram } from './start-program.ts'

// The broadcast of STOMP: each subscription gets a queue of its own, bound to the exchange amq.topic by this word.
const DESTINATION = '/topic/wall'
const STOP_LIMIT_MS = 8_000

/** RabbitMQ's own WebSocket, without a gateway: a queue for every browser, in a RabbitMQ that does nothing else. */
export const webStomp: Peer = {
  name: 'web-stomp',
  durable: false,
  promise: 'ordered, in a queue for each reader that goes with it; nothing stored, no resume',
  // 5,000 took it half a minute to let in, and 23 s to show ten posts to.
  mostSockets: 1_000,
  versions: () => debianVersions('rabbitmq-server'),
  async start(_ground, signal) {
    if (!brokerScript() || !findProgram('epmd')) {
      throw new PlainError(
        'web-stomp: it needs the program rabbitmq-server on this machine (one in Docker does not do).',
      )
    }
    const port = await freePort()
    const password = randomBytes(24).toString('base64url')
    const script = fileURLToPath(new URL('./web-stomp.main.ts', import.meta.url))
    const program = await startProgram('web-stomp', [process.execPath, script], {
      signal,
      env: { PORT: String(port), PASSWORD: password },
      endLimitMs: STOP_LIMIT_MS,
    })
    const url = `ws://127.0.0.1:${port}/ws`
    const connect = stompFrame('CONNECT', {
      'accept-version': '1.2',
      'heart-beat': '0,0',
      host: 'parvis',
      login: 'parvis',
      passcode: password,
    })
    try {
      const writer = await openWriter(url, {
        hello: [connect],
        isOpen: (frame) => frame.startsWith('CONNECTED'),
        // A receipt makes it a confirmed publish.
        write: (text, number) => stompFrame('SEND', { destination: DESTINATION, receipt: String(number) }, text),
        read(frame) {
          const receipt = /^RECEIPT\n(?:.*\n)*?receipt-id:(\d+)\n/.exec(frame)
          return receipt ? { answered: Number(receipt[1]) } : {}
        },
      })
      return {
        url,
        hello: [connect, stompFrame('SUBSCRIBE', { id: '0', destination: DESTINATION, ack: 'auto' })],
        post: writer.post,
        pids: () => descendants(program.pid),
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

/** A frame of STOMP 1.2, with the NUL at its end. */
function stompFrame(command: string, headers: Record<string, string>, body = ''): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  return `${command}\n${lines.join('')}\n${body}\0`
}
