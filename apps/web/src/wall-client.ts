import type { closeCodes, GatewayFrame } from '@parvis/contracts/live-protocol'
import type { ClientState } from './client-state.ts'
import { createClientStore } from './client-store.ts'
import type { Clock } from './clock.ts'
import { createConnectionNews } from './connection-news.ts'
import { createDelivery } from './delivery.ts'
import type { Answer, Fetch, Refusal } from './http.ts'
import type { KeyValueStore } from './key-value-store.ts'
import { createLiveSocket, type SocketLike } from './live-socket.ts'
import { newId } from './new-id.ts'
import { showOlder } from './older-posts.ts'
import * as box from './outbox.ts'
import { isSessionCode, SESSION_KEY, type Session } from './session.ts'
import { createSessionKeeper } from './session-keeper.ts'
import { emptyWall } from './wall-state.ts'
import { createSubscription } from './wall-subscription.ts'

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
  const { clock, fetch } = options
  const store = createClientStore(options.store, options.channel, clock.now())
  const news = createConnectionNews(store, clock)
  let sessionOpen = false

  const socket = createLiveSocket({
    clock,
    heartbeatMs: options.heartbeatMs,
    open: options.openSocket,
    onFrame,
    onClosed(code) {
      store.set({ notAllowed: code === closedForPolicy })
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
      news.lost(now)
      delivery.kick()
    },
  })

  const subscription = createSubscription({
    clock,
    send: socket.send,
    wall: () => store.get().wall,
    onWall: store.setWall,
    onUnanswered(sinceMs) {
      // A gateway that cannot answer yet says so: where nothing at all has come, there is nobody.
      if (!socket.giveUpIfQuiet(sinceMs)) subscription.begin()
    },
    onSynced() {
      // What a gateway called stored is in what was just read, or further back than it.
      const { outbox, wall } = store.get()
      store.setOutbox(outbox.filter((post) => post.state !== 'stored' || post.channel !== wall.channel))
      news.synced()
    },
  })

  const sessions = createSessionKeeper({
    fetch,
    store: options.store,
    state: store.get,
    set: store.set,
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
    outbox: () => store.get().outbox,
    change: store.setOutbox,
    session: sessions.current,
    send: (frame) => sessionOpen && socket.send(frame),
    onSessionOver: sessions.onOver,
    onStored({ id, channel }) {
      // Of a channel that nobody looks at nothing more is heard.
      if (channel === store.get().wall.channel) subscription.begin()
      else store.setOutbox(box.discard(store.get().outbox, id))
    },
    onSilence: () => subscription.probe(),
  })

  /** @returns whether it was asked for; a socket that opens asks by itself */
  function openSession(): boolean {
    const session = sessions.current()
    return session !== undefined && socket.send({ type: 'session.open', token: session.token })
  }

  function onFrame(frame: GatewayFrame) {
    switch (frame.type) {
      case 'session.opened':
        sessionOpen = true
        delivery.socketOpened()
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

  function changeOutbox(outbox: box.Outbox) {
    store.setOutbox(outbox)
    delivery.kick()
  }

  return {
    getState: store.get,
    subscribe: store.subscribe,
    start: socket.start,
    stop() {
      socket.stop()
      subscription.end()
      delivery.stop()
    },
    wake() {
      socket.wake()
      // A socket that looks open may be dead since the device slept.
      subscription.probe()
    },
    switchChannel(channel) {
      const { wall } = store.get()
      if (channel === wall.channel) return
      socket.send({ type: 'wall.unsubscribe', channel: wall.channel })
      news.forget()
      store.setOutbox(store.get().outbox.filter((post) => post.state !== 'stored'))
      store.set({ wall: emptyWall(channel), older: 'idle', caughtUp: undefined })
      subscription.begin()
    },
    post(text) {
      const { session, outbox, wall } = store.get()
      if (!session) return false
      const now = clock.now()
      const own = { id: newId(now), channel: wall.channel, text, author: session.pseudo, writtenAt: now }
      const grown = box.add(outbox, own)
      changeOutbox(grown)
      return grown !== outbox
    },
    retry: (id) => changeOutbox(box.retry(store.get().outbox, id)),
    discard: (id) => changeOutbox(box.discard(store.get().outbox, id)),
    showOlder: () => showOlder(store, fetch, subscription.begin),
    choosePseudo: sessions.choose,
    logOut: sessions.logOut,
    onKeptChange(key) {
      store.onKeptChange(key)
      if (key === SESSION_KEY) sessions.onKeptChange()
    },
  }
}

// Held to the contract by their types, as the subprotocol is.
const closedForSession: (typeof closeCodes)['sessionOver'] = 4401
const closedForPolicy: (typeof closeCodes)['policy'] = 1008
