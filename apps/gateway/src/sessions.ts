import type { JWT } from '@fastify/jwt'
import { explain } from '@parvis/bus/errors'
import { isUuid } from '@parvis/contracts/post'
import { Refusal } from '@parvis/service/problem-answer'
import type { Logger } from 'pino'
import { RENEWABLE_MS, type Session, type SessionsTable } from './sessions-table.ts'

/** For how long a session that was seen alive is believed to be, should the word of its end have been missed. */
const BELIEVED_MS = 30_000
/** For how long a token that MySQL did not know is refused without asking again. */
const OVER_MS = 5_000
/** Sessions remembered alive or ended; beyond it the longest unseen are looked up again. */
const REMEMBERED = 100_000

/** Tokens remembered as good; beyond it the one that was verified first is verified again. */
const VERIFIED = 10_000

interface Claims {
  sub: string
  pseudo: string
  /** Seconds, by RFC 7519. */
  exp: number
}

/**
 * Who holds a token, and whether the session is still on. With MySQL away existing tokens go on.
 * Throws a Refusal: `token-missing`, `token-invalid`, `token-expired`, `session-ended`.
 */
export function createSessions({ jwt, table, log }: { jwt: JWT; table: SessionsTable; log: Logger }) {
  const seenAlive = new Map<string, { pseudo: string; at: number }>()
  const ended = new Set<string>()
  /** Tokens whose session is over, or has another pseudo by now, by MySQL; and since when that is known. */
  const over = new Map<string, number>()
  // By the token itself: the library's own cache hashes each token for a key, which is most of what a post's token takes.
  const verified = new Map<string, Claims>()

  function claims(token: string, ignoreExpiration = false): Claims {
    const known = verified.get(token)
    if (known && known.exp * 1000 > Date.now()) return known
    try {
      const claims = jwt.verify<Claims>(token, (ignoreExpiration ? { ignoreExpiration } : undefined) as never)
      if (!areWhole(claims)) throw new Refusal('token-invalid')
      if (ignoreExpiration) return claims
      verified.set(token, claims)
      if (verified.size > VERIFIED) verified.delete(verified.keys().next().value!)
      return claims
    } catch (error) {
      const expired = (error as { code?: string }).code === 'FAST_JWT_EXPIRED'
      throw new Refusal(expired ? 'token-expired' : 'token-invalid')
    }
  }

  async function check(token: string | undefined): Promise<Session> {
    if (!token) throw new Refusal('token-missing')
    const { sub: id, pseudo, exp } = claims(token)
    if (ended.has(id)) throw new Refusal('session-ended')
    const seen = seenAlive.get(id)
    const known = seen?.pseudo === pseudo && Date.now() - seen.at <= BELIEVED_MS
    // A token of before a change of pseudo is over: somebody else may have that name by now.
    if (!known && Date.now() - (over.get(token) ?? 0) <= OVER_MS) throw new Refusal('session-ended')
    if (!known && (await pseudoOf(id, pseudo)) !== pseudo) {
      over.delete(token)
      over.set(token, Date.now())
      if (over.size > REMEMBERED) over.delete(over.keys().next().value!)
      throw new Refusal('session-ended')
    }
    return { id, pseudo, expiresAt: exp * 1000 }
  }

  /** The pseudo that a session has now, undefined when it is over; with MySQL away the one that its token says. */
  async function pseudoOf(id: string, said: string): Promise<string | undefined> {
    let pseudo: string | undefined = said
    try {
      pseudo = (await table.living([id])).get(id)
    } catch (error) {
      log.warn({ reason: explain(error) }, 'sessions cannot be looked up, a token is believed')
    }
    if (pseudo !== undefined) remember({ id, pseudo })
    return pseudo
  }

  function remember({ id, pseudo }: { id: string; pseudo: string }): void {
    seenAlive.delete(id)
    seenAlive.set(id, { pseudo, at: Date.now() })
    if (seenAlive.size > REMEMBERED) seenAlive.delete(seenAlive.keys().next().value!)
  }

  return {
    check,
    remember,
    /** The session that an old token, expired up to 7 days, lets go on; undefined when there is none. */
    async renewable(token: string | undefined): Promise<string | undefined> {
      if (!token) return undefined
      const { sub: id, exp } = claims(token, true)
      if (ended.has(id) || exp * 1000 + RENEWABLE_MS < Date.now()) return undefined
      if ((await table.living([id])).has(id)) return id
      // Its row may be gone since somebody took the pseudo after it had expired; one that was left is not taken up again.
      return exp * 1000 < Date.now() && !(await table.wasLeft(id)) ? id : undefined
    },
    sign: (session: Session): string =>
      jwt.sign({ sub: session.id, pseudo: session.pseudo, exp: Math.floor(session.expiresAt / 1000) }),
    /** Word has come that a session is over. */
    onEnded(id: string): void {
      seenAlive.delete(id)
      ended.add(id)
      if (ended.size > REMEMBERED) ended.delete(ended.values().next().value!)
    },
  }
}
export type Sessions = ReturnType<typeof createSessions>

/** Whoever has the secret may sign anything. */
function areWhole({ sub, pseudo, exp }: Partial<Claims>): boolean {
  return isUuid(sub) && typeof pseudo === 'string' && Number.isSafeInteger(exp)
}

/** The token of `Authorization: Bearer <token>`, if there is one. */
export function bearer(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
}
