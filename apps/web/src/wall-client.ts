import type { ClientFrame, closeCodes, GatewayFrame } from '@parvis/contracts/live-protocol'
import { type ClientState, initialState } from './client-state.ts'
import type { Clock } from './clock.ts'
import { createDelivery } from './delivery.ts'
import { type Answer, ask, type Fetch, type Refusal } from './http.ts'
import { outboxId, writeOutbox } from './kept-outbox.ts'
import type { KeyValueStore } from './key-value-store.ts'
import { createLiveSocket, type SocketLike } from './live-socket.ts'
import { newId } from './new-id.ts'
import * as box from './outbox.ts'
import { isSessionCode, SESSION_KEY, type Session } from './session.ts'
import { createSessionKeeper } from './session-keeper.ts'
import { applyOlder, emptyWall, MOST_ENTRIES, type OlderPage, type Wall } from './wall-state.ts'
import { createSubscription } from './wall-subscription.ts'

/** Entries that are asked for at a time when older ones are shown. */
const OLDER_PAGE = 50

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
  logOut(): Promise<Refusal | undefined>
  /** Another tab changed what is kept. */
  onKeptChange(key: string | null): void
}

/** The page without its looks: joins the socket, the wall, the outbox and the session. */
export function createWallClient(options: WallClientOptions): WallClient {
  const { clock, fetch, store } = options
  const listeners = new Set<() => void>()
  let lastBefore = 0
  let sessionOpen = false
  let state = initialState(store, options.channel, clock.now())

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
      if (code === closedForSession) void sessions.onClosed()
    },
    onState(now) {
      if (now.name === 'open') {
        openSession()
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
      set({
        connection: 'live',
        notLiveSince: undefined,
        retryAt: undefined,
        caughtUp: { entries, afterMs, at: clock.now() },
      })
    },
  })

  const sessions = createSessionKeeper({
    fetch,
    store,
    state: () => state,
    set,
    onSession() {
      // A socket speaks for one session: another one gets a socket of its own.
      if (sessionOpen) socket.reconnect()
      else if (!openSession()) socket.wake()
      delivery.kick()
    },
    onNobody: () => socket.reconnect(),
  })

  const delivery = createDelivery({
    clock,
    fetch,
    outbox: () => state.outbox,
    change: setOutbox,
    session: sessions.current,
    send: (frame) => sessionOpen && send(frame),
    onSessionOver: sessions.onOver,
    onStored: () => subscription.begin(),
  })

  function send(frame: ClientFrame) {
    return socket.send(frame)
  }

  /** @returns whether it was asked for; a socket that opens asks by itself */
  function openSession(): boolean {
    const session = sessions.current()
    return session !== undefined && send({ type: 'session.open', token: session.token })
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
        if (isSessionCode(frame.code)) return sessions.onOver(frame.code)
        return subscription.onProblem(frame)
    }
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
      delivery.stop()
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
    choosePseudo: sessions.choose,
    logOut: sessions.logOut,
    onKeptChange(key) {
      const id = outboxId(key)
      if (id !== undefined && key !== null && store.get(key) === undefined)
        set({ outbox: box.discard(state.outbox, id) })
      if (key === SESSION_KEY) sessions.onKeptChange()
    },
  }
}

/** Held to the contract by its type, as the subprotocol is. */
const closedForSession: (typeof closeCodes)['sessionOver'] = 4401
