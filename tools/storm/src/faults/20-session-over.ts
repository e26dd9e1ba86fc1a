import { createHmac } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import WebSocket from 'ws'
import { openSession, request, type Session } from '../load/session.ts'
import type { Fault } from './fault.ts'

const SHORT_MS = 3_000
/** From the end of a token or a session until its sockets are closed. */
const CLOSED_MS = 5_000
const SESSION_OVER = 4401

export const sessionOver: Fault = {
  number: 20,
  name: '20-session-over',
  title: 'tokens expire and sessions end while their sockets are open',
  touches: ['clients', 'mysql'],
  holdMs: 0,
  async inject({ gateways, jwtSecret }, { expect }) {
    const leaving = await openSession(gateways)
    const expiring = await openSession(gateways)
    const expiresAt = Date.now() + SHORT_MS
    const short = { ...expiring, token: sign(expiring, expiresAt, jwtSecret) }
    const sockets = await Promise.all(
      gateways.flatMap((gateway) => [openSocket(gateway, leaving), openSocket(gateway, short)]),
    )

    const left = await request(gateways[0]!, '/auth/session', { method: 'DELETE', token: leaving.token })
    expect('a session can be ended', left.status === 204, `${left.status}`)
    const leftAt = Date.now()
    for (const { socket, closed, opened, session } of sockets) {
      expect('a session opens on a socket', opened)
      const due = session === leaving ? leftAt : expiresAt
      const end = await Promise.race([
        closed,
        new Promise<undefined>((resolve) => setTimeout(resolve, due + CLOSED_MS + 1_000 - Date.now(), undefined)),
      ])
      const what = session === leaving ? 'a session was ended' : 'a token has expired'
      const right = end?.code === SESSION_OVER && end.at - due <= CLOSED_MS
      expect(
        `a socket closes with 4401 within 5 s when ${what}`,
        right,
        end ? `${end.code} after ${end.at - due} ms` : 'it did not',
      )
      socket.terminate()
    }
    for (const gateway of gateways) {
      for (const { token } of [leaving, short]) {
        const { status } = await request(gateway, '/posts', { body: { text: 'after the end', channel: 'wall' }, token })
        expect('nothing is accepted from a session that is over', status === 401, `${status}`)
      }
    }
  },
}

function openSocket(gateway: string, session: Session) {
  const socket = new WebSocket(`${gateway.replace('http', 'ws')}/ws`, 'parvis.v1')
  socket.on('error', () => {})
  const closed = new Promise<{ code: number; at: number }>((resolve) => {
    socket.on('close', (code) => resolve({ code, at: Date.now() }))
  })
  return new Promise<{ socket: WebSocket; session: Session; closed: typeof closed; opened: boolean }>((resolve) => {
    socket.on('open', () => socket.send(JSON.stringify({ type: 'session.open', token: session.token })))
    socket.on('message', (data) =>
      resolve({ socket, session, closed, opened: String(data).includes('session.opened') }),
    )
    socket.on('close', () => resolve({ socket, session, closed, opened: false }))
  })
}

/** A token as the gateways make them, but for a shorter time. */
function sign({ sessionId, pseudo }: Session, expiresAt: number, secret: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const seconds = (ms: number) => Math.floor(ms / 1000)
  const claims = { sub: sessionId, pseudo, jti: uuidv7(), iat: seconds(Date.now()), exp: seconds(expiresAt) }
  const unsigned = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`
}
