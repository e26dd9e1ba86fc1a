import type { ClientFrame, GatewayFrame } from '@parvis/contracts/live-protocol'
import type { ProblemCode } from '@parvis/contracts/problems'
import type { Clock } from './clock.ts'
import { createDelivery } from './delivery.ts'
import type { Answer, Fetch } from './http.ts'
import { ask } from './http.ts'
import { outboxId, readOutbox, writeOutbox } from './kept-outbox.ts'
import type { KeyValueStore } from './key-value-store.ts'
import { createLiveSocket, type SocketLike } from './live-socket.ts'
import { newId } from './new-id.ts'
import * as box from './outbox.ts'
import { choosePseudo, endSession, keepSession, readSession, type Session } from './session.ts'
import { applyOlder, emptyWall, MOST_ENTRIES, type OlderPage, type Wall } from './wall-state.ts'
import { createSubscription } from './wall-subscription.ts'

/** Entries that are asked for at a time when older ones are shown. */
const OLDER_PAGE = 50

/** Everything that the page shows. Replaced, never changed in place. */
export interface ClientState {
  wall: Wall
  outbox: box.Outbox
  session: Session | undefined
  /** Why the session is over, while somebody was someone. */
  sessionOver: ProblemCode | undefined
  /** `live`: the wall is as new as the gateway's. */
  connection: 'connecting' | 'live' | 'waiting'
  /** Since when the wall is not live. */
  notLiveSince: number | undefined
  /** When the next try is due, while `waiting`. */
  retryAt: number | undefined
  /** After a loss: how many entries were caught up, and how long it had lasted. */
  caughtUp: { entries: number; afterMs: number } | undefined
  older: 'idle' | 'loading' | 'failed'
  /** Own posts that were seen on the wall: the post's id, and the client's id that it was written under. */
  mine: ReadonlyMap<string, string>
}

export interface WallClientOptions {
  clock: Clock
  fetch: Fetch
  store: KeyValueStore
  openSocket(): SocketLike
  heartbeatMs: number
  channel: string
}

export interface WallClient {
  getState(): ClientState
  /** @returns a function that ends it */
  subscribe(listener: () => void): () => void
  start(): void
  stop(): void
  /** The device is back: online, or the page is looked at. */
  wake(): void
  switchChannel(channel: string): void
  /** @returns false when the outbox is full or nobody is chosen */
  post(text: string): boolean
  retry(id: string): void
  discard(id: string): void
  showOlder(): Promise<void>
  choosePseudo(pseudo: string): Promise<Answer<Session>>
  logOut(): Promise<void>
  /** Another tab changed what is kept. */
  onKeptChange(key: string | null): void
}

/** The page without its looks: joins the socket, the wall, the outbox and the session. */
export function createWallClient(options: WallClientOptions): WallClient {
  const { clock, fetch, store } = options
  const listeners = new Set<() => void>()
  let lastBefore = 0
  let sessionOpen = false
  let renewing = false
  let state: ClientState = {
    wall: emptyWall(options.channel),
    outbox: readOutbox(store),
    session: readSession(store),
    sessionOver: undefined,
    connection: 'connecting',
    notLiveSince: clock.now(),
    retryAt: undefined,
    caughtUp: undefined,
    older: 'idle',
    mine: new Map(),
  }

  function set(change: Partial<ClientState>) {
    state = { ...state, ...change }
    for (const listener of listeners) listener()
  }

  function setOutbox(outbox: box.Outbox) {
    if (outbox === state.outbox) return
    writeOutbox(store, state.outbox, outbox)
    set({ outbox })
  }

  function setWall(wall: Wall) {
    const fresh = wall.entries === state.wall.entries ? [] : wall.entries
    const { outbox, seen } = box.seenOnWall(state.outbox, fresh)
    set({ wall, ...(seen.size > 0 && { mine: new Map([...state.mine, ...seen]) }) })
    setOutbox(outbox)
  }

  const socket = createLiveSocket({
    clock,
    heartbeatMs: options.heartbeatMs,
    open: options.openSocket,
    onFrame,
    onClosed(code) {
      if (code === 4401) onSessionOver(state.session && state.session.expiresAt <= clock.now() ? 'token-expired' : 'session-ended')
    },
    onState(now) {
      if (now.name === 'open') {
        if (state.session) send({ type: 'session.open', token: state.session.token })
        return subscription.begin()
      }
      sessionOpen = false
      subscription.end()
      delivery.socketLost()
      if (state.connection === 'live') lastBefore = state.wall.last
      set({
        connection: now.name,
        notLiveSince: state.notLiveSince ?? clock.now(),
        retryAt: now.name === 'waiting' ? now.until : undefined,
        caughtUp: undefined,
      })
      delivery.kick()
    },
  })

  const subscription = createSubscription({
    clock,
    send,
    wall: () => state.wall,
    onWall: setWall,
    onSynced() {
      // What a gateway called stored is in what was just read, or further back than it.
      setOutbox(state.outbox.filter((post) => post.state !== 'stored' || post.channel !== state.wall.channel))
      if (state.connection === 'live') return
      const entries = lastBefore > 0 ? Math.max(0, state.wall.last - lastBefore) : 0
      const afterMs = clock.now() - (state.notLiveSince ?? clock.now())
      set({ connection: 'live', notLiveSince: undefined, retryAt: undefined, caughtUp: { entries, afterMs } })
    },
  })

  const delivery = createDelivery({
    clock,
    fetch,
    outbox: () => state.outbox,
    change: setOutbox,
    session: () => (state.sessionOver ? undefined : state.session),
    send: (frame) => sessionOpen && send(frame),
    onSessionOver,
    onStored: () => subscription.begin(),
  })

  function send(frame: ClientFrame) {
    return socket.send(frame)
  }

  function onFrame(frame: GatewayFrame) {
    switch (frame.type) {
      case 'session.opened':
        sessionOpen = true
        delivery.kick()
        return void delivery.check()
      case 'wall.snapshot':
      case 'wall.updated':
      case 'wall.position':
        return subscription.onFrame(frame)
      case 'post.accepted':
      case 'post.rejected':
        return delivery.onFrame(frame)
      case 'problem':
        if (frame.id !== undefined) return delivery.onFrame(frame)
        if (sessionCodes.has(frame.code)) return onSessionOver(frame.code)
        return subscription.onProblem(frame)
    }
  }

  /** An expired session is renewed in silence; one that was ended is not taken up again without being asked. */
  function onSessionOver(code: ProblemCode) {
    const { session } = state
    if (!session || state.sessionOver) return
    sessionOpen = false
    set({ sessionOver: code })
    if (code !== 'token-expired' || renewing) return
    renewing = true
    void choose(session.pseudo).finally(() => {
      renewing = false
    })
  }

  async function choose(pseudo: string): Promise<Answer<Session>> {
    const answer = await choosePseudo(fetch, pseudo, state.session)
    if (answer.ok) takeSession(answer.body)
    return answer
  }

  function takeSession(session: Session) {
    const changed = sessionOpen
    keepSession(store, session)
    set({ session, sessionOver: undefined })
    // A socket speaks for one session: another one gets a socket of its own.
    if (changed || !send({ type: 'session.open', token: session.token })) socket.reconnect()
    delivery.kick()
  }

  function dropSession() {
    sessionOpen = false
    set({ session: undefined, sessionOver: undefined })
    socket.reconnect()
  }

  return {
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    start: () => socket.start(),
    stop() {
      socket.stop()
      subscription.end()
    },
    wake: () => socket.wake(),
    switchChannel(channel) {
      if (channel === state.wall.channel) return
      send({ type: 'wall.unsubscribe', channel: state.wall.channel })
      lastBefore = 0
      set({ wall: emptyWall(channel), older: 'idle', caughtUp: undefined })
      subscription.begin()
    },
    post(text) {
      if (!state.session) return false
      const now = clock.now()
      const { pseudo } = state.session
      const outbox = box.add(state.outbox, {
        id: newId(now),
        channel: state.wall.channel,
        text,
        author: pseudo,
        writtenAt: now,
      })
      if (outbox === state.outbox) return false
      setOutbox(outbox)
      delivery.kick()
      return true
    },
    retry(id) {
      setOutbox(box.retry(state.outbox, id))
      delivery.kick()
    },
    discard(id) {
      setOutbox(box.discard(state.outbox, id))
      delivery.kick()
    },
    async showOlder() {
      const { wall } = state
      const before = wall.entries[0]?.seq
      if (before === undefined || state.older === 'loading' || wall.entries.length >= MOST_ENTRIES) return
      set({ older: 'loading' })
      const query = new URLSearchParams({ channel: wall.channel, before: String(before), limit: String(OLDER_PAGE) })
      const answer = await ask<OlderPage>(fetch, 'GET', `/posts?${query}`)
      if (state.wall.channel !== wall.channel) return
      if (answer.ok && answer.body.epoch === state.wall.epoch) {
        set({ older: 'idle' })
        return setWall(applyOlder(state.wall, answer.body))
      }
      set({ older: answer.ok || answer.code === 'epoch-changed' ? 'idle' : 'failed' })
      if (answer.ok || answer.code === 'epoch-changed') subscription.begin()
    },
    choosePseudo: choose,
    async logOut() {
      const { session } = state
      if (!session) return
      await endSession(fetch, session)
      keepSession(store, undefined)
      dropSession()
    },
    onKeptChange(key) {
      const id = outboxId(key)
      if (id !== undefined && key !== null && store.get(key) === undefined) set({ outbox: box.discard(state.outbox, id) })
      if (key !== 'parvis.session') return
      const session = readSession(store)
      if (!session) dropSession()
      else if (session.token !== state.session?.token) takeSession(session)
    },
  }
}

const sessionCodes: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'token-missing',
  'token-invalid',
  'token-expired',
  'session-ended',
])
