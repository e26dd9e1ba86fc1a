import { connect } from 'node:net'
import { addAbortSignal } from 'node:stream'
import { createConnection } from 'mysql2/promise'

// One try each, at most this long: the caller tries again.
const TRY_MS = 2_000

/** True when an AMQP 0-9-1 broker answers there: a port that merely accepts is not enough (Docker's proxy does). */
export async function amqpAnswers(url: string): Promise<boolean> {
  const answer = await talk(url, 'AMQP\x00\x00\x09\x01')
  return answer[0] === 1 // A method frame: connection.start.
}

/** True when the management API lets this user in. */
export async function managementAnswers(url: string): Promise<boolean> {
  const { origin, username, password } = new URL(url)
  const authorization = `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`
  const response = await fetch(`${origin}/api/whoami`, {
    headers: { authorization },
    signal: AbortSignal.timeout(TRY_MS),
  })
  await response.body?.cancel()
  return response.ok
}

/** True when Redis lets this password in and has finished loading. */
export async function redisAnswers(url: string): Promise<boolean> {
  const answer = await talk(url, `AUTH ${decodeURIComponent(new URL(url).password)}\r\nPING\r\n`, '+PONG')
  return answer.includes('+PONG')
}

/** True when MySQL lets this user into this database. */
export async function mysqlAnswers(url: string): Promise<boolean> {
  const connection = await createConnection({ uri: url, connectTimeout: TRY_MS })
  try {
    await connection.query('SELECT 1')
    return true
  } finally {
    connection.destroy()
  }
}

/** Sends bytes and gives what came back: until `last` was seen, else the first bytes. Rejects after TRY_MS. */
async function talk(url: string, bytes: string, last = ''): Promise<Buffer> {
  const { hostname, port } = new URL(url)
  const socket = addAbortSignal(AbortSignal.timeout(TRY_MS), connect({ host: hostname, port: Number(port) }))
  let answer = Buffer.alloc(0)
  socket.write(bytes, 'latin1')
  // Leaving the loop destroys the socket.
  for await (const chunk of socket) {
    answer = Buffer.concat([answer, chunk as Buffer])
    if (answer.includes(last)) break
  }
  return answer
}
