import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { RunningPeer } from './peer.ts'

// As many as a peer's database connections and again as many on the way: a caller that posts more waits here.
const SOCKETS = 64
const ANSWER_LIMIT_MS = 10_000

/** A `post` that makes the peer's own HTTP request, on connections kept open. Rejects with status and text of a refusal. */
export function postOverHttp(how: NonNullable<RunningPeer['httpPost']>): {
  post: RunningPeer['post']
  close: () => void
} {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS })
  return {
    close: () => agent.destroy(),
    post: (text) =>
      new Promise((resolve, reject) => {
        const body = Buffer.from(how.body(text, randomUUID()))
        const headers = { ...how.headers, 'content-length': body.length }
        const asked = request(how.url, { method: 'POST', agent, headers, timeout: ANSWER_LIMIT_MS }, (answer) => {
          let said = ''
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            said += chunk
          })
          answer.on('error', reject).on('end', () => {
            if ((answer.statusCode ?? 500) < 300) resolve()
            else reject(new Error(`POST ${how.url}: ${answer.statusCode} ${said.slice(0, 200)}`))
          })
        })
        asked.on('timeout', () => asked.destroy(new Error(`no answer in ${ANSWER_LIMIT_MS / 1000} s`)))
        asked.on('error', reject).end(body)
      }),
  }
}
