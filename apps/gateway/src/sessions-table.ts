import { randomBytes } from 'node:crypto'
import { isTransient, type TransientError } from '@parvis/bus/errors'
import { checkPseudo } from '@parvis/contracts/check-pseudo'
import { deleteOld } from '@parvis/storage/delete-old'
import { uuidBytes, uuidOf } from '@parvis/storage/entry-row'
import type { Mysql } from '@parvis/storage/mysql'
import { v7 as uuidv7 } from 'uuid'
import { pseudoSkeleton } from './pseudo-skeleton.ts'

/** How long a token, and with it a pseudo, lasts. */
const SESSION_MS = 24 * 3_600_000
/** How long after its end a token still renews the session that it was of, so that an outbox survives. */
export const RENEWABLE_MS = 7 * 24 * 3_600_000

export interface Session {
  id: string
  pseudo: string
  expiresAt: number
}

interface Row {
  id: Buffer
  pseudo: string
  expires_at: number
  ended_at: number | null
}

/** Two want the same pseudo in the same moment: the one that MySQL turned away looks again, and finds the other. */
const CONTESTED = new Set(['ER_DUP_ENTRY', 'ER_LOCK_DEADLOCK'])
const MOST_TRIES = 5
const PURGE_MOST = 1_000

async function uncontested<R>(take: () => Promise<R>): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await take()
    } catch (error) {
      if (!isTransient(error) || !CONTESTED.has((error as TransientError).code) || attempt === MOST_TRIES) throw error
    }
  }
}

/** The gateways' own table: who holds which pseudo. Every function rejects while MySQL is away. */
export function createSessionsTable(mysql: Mysql) {
  return {
    /**
     * Takes a pseudo: unique while its session lives, also against those that look alike.
     * @param keepId the session of an old token, which goes on under the new pseudo
     * @returns undefined when someone has it
     */
    async take(pseudo: string, keepId?: string): Promise<Session | undefined> {
      const now = Date.now()
      const session = { id: keepId ?? uuidv7(), pseudo, expiresAt: now + SESSION_MS }
      const id = uuidBytes(session.id)
      const skeleton = Buffer.from(pseudoSkeleton(pseudo))
      return uncontested(() =>
        mysql.transaction(async (query) => {
          const free = '(expires_at <= ? OR ended_at IS NOT NULL)'
          await query(`DELETE FROM sessions WHERE skeleton = ? AND id <> ? AND ${free}`, [skeleton, id, now])
          // Locking: two who want the same name meet here, and the second sees the first's.
          const [holder] = await query<Row>('SELECT id FROM sessions WHERE skeleton = ? FOR UPDATE', [skeleton])
          if (holder && !holder.id.equals(id)) return undefined
          await query('DELETE FROM sessions WHERE id = ?', [id])
          await query('INSERT INTO sessions (id, skeleton, pseudo, expires_at) VALUES (?)', [
            [id, skeleton, pseudo, session.expiresAt],
          ])
          return session
        }),
      )
    },

    /** Ends a session; its pseudo is free from now on. */
    async end(sessionId: string): Promise<void> {
      await mysql.query('UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL', [
        Date.now(),
        uuidBytes(sessionId),
      ])
    },

    /**
     * Which of these sessions are not over, and the pseudo that each has now: a session whose row is gone was ended, and
     * its pseudo taken.
     */
    async living(sessionIds: readonly string[]): Promise<Map<string, string>> {
      if (sessionIds.length === 0) return new Map()
      const rows = await mysql.query<Row>('SELECT id, pseudo FROM sessions WHERE id IN (?) AND ended_at IS NULL', [
        sessionIds.map(uuidBytes),
      ])
      return new Map(rows.map(({ id, pseudo }) => [uuidOf(id), pseudo]))
    },

    /** Whether a session was ended by its holder; not known any more once somebody else has taken its pseudo. */
    async wasLeft(sessionId: string): Promise<boolean> {
      const rows = await mysql.query('SELECT 1 FROM sessions WHERE id = ? AND ended_at IS NOT NULL', [
        uuidBytes(sessionId),
      ])
      return rows.length > 0
    },

    /** Forgets sessions that no token renews any more. */
    async purge(): Promise<void> {
      await deleteOld(mysql, { table: 'sessions', column: 'expires_at', keptMs: RENEWABLE_MS, most: PURGE_MOST })
    },

    /** A pseudo like this one that nobody has at the moment. */
    async suggest(pseudo: string): Promise<string> {
      const numbers = [2, 3, 4, 5, 6, 7, 8, 9, 10 + (randomBytes(2).readUInt16LE() % 9_000)]
      const candidates = numbers.map((n) => numbered(pseudo, n))
      const skeletons = candidates.map((name) => Buffer.from(pseudoSkeleton(name)))
      const rows = await mysql.query<{ skeleton: Buffer }>(
        'SELECT skeleton FROM sessions WHERE skeleton IN (?) AND expires_at > ? AND ended_at IS NULL',
        [skeletons, Date.now()],
      )
      const taken = new Set(rows.map(({ skeleton }) => skeleton.toString()))
      return candidates.find((name) => !taken.has(pseudoSkeleton(name))) ?? numbered(pseudo, Date.now() % 1_000_000)
    },
  }
}
export type SessionsTable = ReturnType<typeof createSessionsTable>

/** A pseudo with a number behind it, shortened until it is a fit one. */
function numbered(pseudo: string, n: number): string {
  const letters = [...new Intl.Segmenter().segment(pseudo)].map(({ segment }) => segment)
  while (letters.length > 0 && 'fault' in checkPseudo(`${letters.join('')}${n}`)) letters.pop()
  return `${letters.join('')}${n}`
}
