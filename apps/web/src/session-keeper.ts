import type { ProblemCode } from '@parvis/contracts/problems'
import type { ClientState } from './client-state.ts'
import type { Answer, Fetch, Refusal } from './http.ts'
import type { KeyValueStore } from './key-value-store.ts'
import {
  choosePseudo,
  endSession,
  isSessionCode,
  keepSession,
  readSession,
  type Session,
  validateSession,
} from './session.ts'

export interface SessionKeeperOptions {
  fetch: Fetch
  store: KeyValueStore
  state(): Pick<ClientState, 'session' | 'sessionOver'>
  set(change: Partial<Pick<ClientState, 'session' | 'sessionOver'>>): void
  /** There is a session to open on the socket. */
  onSession(): void
  /** Nobody is anybody any more. */
  onNobody(): void
}

export interface SessionKeeper {
  /** The session to post and to open sockets with; undefined while there is none or it is being renewed. */
  current(): Session | undefined
  choose(pseudo: string): Promise<Answer<Session>>
  /** @returns why the pseudo could not be given back, if so; it is kept then */
  logOut(): Promise<Refusal | undefined>
  /** The token was refused. */
  onOver(code: ProblemCode): void
  /** The gateway closed the socket for its session, without saying why. */
  onClosed(): Promise<void>
  /** Another tab changed the kept session. */
  onKeptChange(): void
}

/** Who this browser is, over expiry, renewal and other tabs. */
export function createSessionKeeper({
  fetch,
  store,
  state,
  set,
  onSession,
  onNobody,
}: SessionKeeperOptions): SessionKeeper {
  let renewing = false

  function take(session: Session) {
    keepSession(store, session)
    set({ session, sessionOver: undefined })
    onSession()
  }

  function drop() {
    set({ session: undefined, sessionOver: undefined })
    onNobody()
  }

  /** An expired session is renewed in silence; one that was ended is not taken up again without being asked. */
  function onOver(code: ProblemCode) {
    const { session, sessionOver } = state()
    if (!session || sessionOver || renewing) return
    if (code !== 'token-expired') return set({ sessionOver: code })
    renewing = true
    void choosePseudo(fetch, session.pseudo, session).then((answer) => {
      renewing = false
      if (answer.ok) take(answer.body)
      else set({ sessionOver: code })
    })
  }

  return {
    current: () => (state().sessionOver || renewing ? undefined : state().session),
    onOver,
    async choose(pseudo) {
      const answer = await choosePseudo(fetch, pseudo, state().session)
      if (answer.ok) take(answer.body)
      return answer
    },
    async logOut() {
      const { session } = state()
      if (!session) return undefined
      const answer = await endSession(fetch, session)
      // Without the token nobody could give the pseudo back before it expires.
      if (!answer.ok && !isSessionCode(answer.code)) return answer
      keepSession(store, undefined)
      drop()
      return undefined
    },
    async onClosed() {
      const { session } = state()
      const answer = session && (await validateSession(fetch, session))
      if (answer?.ok === false && isSessionCode(answer.code) && session === state().session) onOver(answer.code)
    },
    onKeptChange() {
      const session = readSession(store)
      if (!session) drop()
      else if (session.token !== state().session?.token) take(session)
    },
  }
}
