import type { Socket } from 'node:net'
import { type Problem, type ProblemCode, problem, problems } from '@parvis/contracts/problems'

/**
 * Refuses what Node's parser cannot make a request of, so that no route and no hook of Fastify sees it: the connection
 * is ended behind the answer, since nobody knows where a next request would begin.
 */
export function onClientError(error: Error & { code?: string }, socket: Socket): void {
  // Nobody is there to read.
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  socket.end(answerOf(problem(codeOf(error))), () => socket.destroy())
}

function codeOf({ code }: { code?: string }): ProblemCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'head-too-large'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request-timeout' : 'malformed-request'
}

function answerOf(body: Problem): string {
  const text = JSON.stringify(body)
  const head = [
    `HTTP/1.1 ${body.status} ${problems[body.code].title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${text}`
}
