import { type Answer, ask, type Fetch } from './http.ts'
import type { KeyValueStore } from './key-value-store.ts'

export const SESSION_KEY = 'parvis.session'

/** Who this browser is on the wall. */
export interface Session {
  token: string
  pseudo: string
  sessionId: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

/** The refusals that mean: nobody is someone here with this token. */
const sessionCodes = ['token-missing', 'token-invalid', 'token-expired', 'session-ended'] as const

export function isSessionCode(code: string): code is (typeof sessionCodes)[number] {
  return sessionCodes.some((one) => one === code)
}

export function readSession(store: KeyValueStore): Session | undefined {
  try {
    const session = JSON.parse(store.get(SESSION_KEY) ?? 'null') as Session | null
    return typeof session?.token === 'string' && typeof session.pseudo === 'string' ? session : undefined
  } catch {
    return undefined
  }
}

export function keepSession(store: KeyValueStore, session: Session | undefined): void {
  if (session) store.set(SESSION_KEY, JSON.stringify(session))
  else store.remove(SESSION_KEY)
}

/**
 * Takes a pseudo, or renews or changes the one of `old`: with the old token the session keeps its id, so that
 * posts which are under way stay the same posts.
 * @returns the session; `pseudo-taken` comes with a suggestion
 */
export function choosePseudo(fetch: Fetch, pseudo: string, old?: Session): Promise<Answer<Session>> {
  return ask<Session>(fetch, 'POST', '/auth/choose-pseudo', { body: { pseudo }, token: old?.token })
}

/** Asks whether a session is still on; when it is not, the code says why. */
export function validateSession(fetch: Fetch, session: Session): Promise<Answer<{ valid: true }>> {
  return ask<{ valid: true }>(fetch, 'GET', '/auth/validate-session', { token: session.token })
}

/** Gives the pseudo back. */
export function endSession(fetch: Fetch, session: Session): Promise<Answer<undefined>> {
  return ask<undefined>(fetch, 'DELETE', '/auth/session', { token: session.token })
}
