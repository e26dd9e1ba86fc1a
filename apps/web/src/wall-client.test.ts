import type { ClientFrame, GatewayFrame } from '@parvis/contracts/live-protocol'
import type { Entry } from '@parvis/contracts/post'
import { type KeyValueStore, memoryStore } from './key-value-store.ts'
import { fakeClock } from './testing/fake-clock.ts'
import { postEntry } from './testing/post-entry.ts'
import { type ScriptedSocket, scriptedSocket } from './testing/scripted-socket.ts'
import { createWallClient } from './wall-client.ts'

const session = { token: 't1', pseudo: 'ana', sessionId: 's1', expiresAt: 9e15 }
const opened: GatewayFrame = { type: 'session.opened', ...session, heartbeatMs: 25_000 }
const snapshot = (entries: Entry[], more = {}): GatewayFrame => ({
  type: 'wall.snapshot',
  channel: 'wall',
  epoch: 'e1',
  entries,
  first: entries[0]?.seq ?? 1,
  last: entries.at(-1)?.seq ?? 0,
  hasMore: false,
  reason: 'fresh',
  ...more,
})
const updated = (...entries: Entry[]): GatewayFrame => ({
  type: 'wall.updated',
  channel: 'wall',
  epoch: 'e1',
  entries,
  first: entries[0]!.seq,
  last: entries.at(-1)!.seq,
  cachedAt: 0,
})

interface Request {
  method: string
  url: string
  token: string | null
  body: Record<string, unknown> | undefined
}

function begin(store: KeyValueStore = memoryStore(), someone = true) {
  if (someone) store.set('parvis.session', JSON.stringify(session))
  const clock = fakeClock()
  const sockets: ScriptedSocket[] = []
  const requests: Request[] = []
  const gateway = { answer: (_request: Request): [status: number, body: unknown] => [503, { code: 'not-available' }] }
  const client = createWallClient({
    clock,
    store,
    heartbeatMs: 25_000,
    channel: 'wall',
    openSocket: () => {
      const socket = scriptedSocket()
      sockets.push(socket)
      return socket
    },
    fetch: async (url, init) => {
      const headers = new Headers(init.headers)
      const body = init.body ? JSON.parse(String(init.body)) : undefined
      const request = { method: init.method!, url, token: headers.get('authorization'), body }
      requests.push(request)
      const [status, answer] = gateway.answer(request)
      return new Response(status === 204 ? null : JSON.stringify(answer), { status })
    },
  })
  client.start()
  const socket = () => sockets.at(-1)!
  return {
    client,
    clock,
    store,
    sockets,
    socket,
    requests,
    gateway,
    own: () => client.getState().outbox.map((post) => post.state),
    texts: () => client.getState().wall.entries.map((entry) => entry.post.text),
    posts: () => socket().sent.filter((frame) => frame.type === 'post.create'),
    /** Opens the socket and answers its subscription. */
    open(entries: Entry[] = []) {
      socket().accept()
      if (client.getState().session) socket().deliver(opened)
      socket().deliver(snapshot(entries))
    },
  }
}
/** Lets answers that are on their way arrive. */
const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
  await new Promise((resolve) => setTimeout(resolve, 0))
}
const frames = (sent: ClientFrame[], type: ClientFrame['type']) => sent.filter((frame) => frame.type === type)

describe('a post', () => {
  it('is sending, then accepted, then on the wall, never there twice', () => {
    const { client, socket, own, posts, open, store } = begin()
    open([postEntry(1)])
    client.post('hello')
    expect(own()).toEqual(['sending'])
    const { id } = posts()[0]!
    socket().deliver({ type: 'post.accepted', id, postId: 'p' })
    expect(own()).toEqual(['accepted'])
    socket().deliver(updated(postEntry(2, { id: 'p', clientId: id, text: 'hello' })))
    expect(own()).toEqual([])
    expect(client.getState().mine.get('p')).toBe(id)
    expect(store.keys('parvis.outbox.')).toEqual([])
    socket().deliver({ type: 'post.accepted', id, postId: 'p' })
    expect(own()).toEqual([])
  })

  it('may be seen on the wall before it is told to be accepted', () => {
    const { client, socket, own, posts, open } = begin()
    open([postEntry(1)])
    client.post('one')
    client.post('two')
    const { id } = posts()[0]!
    socket().deliver(updated(postEntry(2, { id: 'p', clientId: id })))
    socket().deliver({ type: 'post.accepted', id, postId: 'p' })
    expect(own()).toEqual(['sending'])
    expect(posts().map((frame) => frame.text)).toEqual(['one', 'two'])
  })

  it('stays with its reason when the review refuses it, until it is discarded', () => {
    const { client, socket, posts, open } = begin()
    open()
    client.post('http://a http://b')
    const { id } = posts()[0]!
    socket().deliver({ type: 'post.accepted', id, postId: 'p' })
    socket().deliver({ type: 'post.rejected', id, postId: 'p', code: 'too-many-links', message: '' })
    expect(client.getState().outbox[0]).toMatchObject({
      state: 'refused',
      reason: 'too-many-links',
      text: 'http://a http://b',
    })
    client.discard(id)
    expect(client.getState().outbox).toEqual([])
  })

  it('goes again with the same id after it was too fast, and the ones behind it keep their order', () => {
    const { client, socket, clock, posts, open } = begin()
    open()
    for (const text of ['1', '2', '3']) client.post(text)
    const { id } = posts()[0]!
    socket().deliver({ type: 'problem', code: 'too-fast', message: '', id, retryAfterS: 4 })
    expect(posts()).toHaveLength(1)
    clock.advance(3_999)
    expect(posts()).toHaveLength(1)
    clock.advance(1_000)
    expect(posts().map((frame) => [frame.text, frame.id === id])).toEqual([
      ['1', true],
      ['1', true],
    ])
    for (const n of [1, 2, 3]) socket().deliver({ type: 'post.accepted', id: posts()[n]!.id, postId: `p${n}` })
    expect(posts().map((frame) => frame.text)).toEqual(['1', '1', '2', '3'])
  })

  it('is sent again with the same id when no answer comes, and after a reload', () => {
    const first = begin()
    first.open()
    first.client.post('hello')
    first.clock.advance(10_000)
    const ids = first.posts().map((frame) => frame.id)
    expect(ids).toEqual([ids[0], ids[0]])
    first.client.stop()
    expect(first.clock.pending()).toBe(0)

    const second = begin(first.store)
    expect(second.client.getState().outbox[0]).toMatchObject({ text: 'hello', state: 'sending' })
    second.open()
    expect(second.posts().map((frame) => frame.id)).toEqual([ids[0]])
  })

  it('goes by HTTP when the socket does not open', async () => {
    const { client, clock, gateway, requests, own } = begin()
    gateway.answer = ({ body }) => [202, { id: `p-${body?.text}`, status: 'accepted' }]
    client.post('1')
    client.post('2')
    expect(requests).toEqual([])
    clock.advance(3_000)
    await settle()
    expect(own()).toEqual(['accepted', 'accepted'])
    expect(requests.map(({ method, url, token, body }) => [method, url, token, body?.text])).toEqual([
      ['POST', '/posts', 'Bearer t1', '1'],
      ['POST', '/posts', 'Bearer t1', '2'],
    ])
  })

  it('waits for a pseudo', () => {
    const { client } = begin(memoryStore(), false)
    expect(client.post('hello')).toBe(false)
  })

  it('is not sent under another session once it may have been taken, but left to its author', () => {
    const { client, store, socket, posts, own, open } = begin()
    open()
    client.post('hello')
    socket().drop(4401)
    store.set('parvis.session', JSON.stringify({ ...session, token: 't2', sessionId: 's2' }))
    client.onKeptChange('parvis.session')
    open()
    expect(client.getState().outbox[0]).toMatchObject({ state: 'refused', reason: 'not-confirmed' })
    client.retry(client.getState().outbox[0]!.id)
    expect([own(), posts().length]).toEqual([['sending'], 1])
  })
})

describe('an accepted post that does not come', () => {
  function lost() {
    const it = begin()
    it.open([postEntry(1)])
    it.client.post('hello')
    it.socket().deliver({ type: 'post.accepted', id: it.posts()[0]!.id, postId: 'p' })
    return it
  }

  it('is found refused', async () => {
    const { client, clock, gateway } = lost()
    gateway.answer = ({ url }) => [200, url === '/posts/p' ? { status: 'refused', code: 'words-not-wanted' } : {}]
    clock.advance(10_000)
    await settle()
    expect(client.getState().outbox[0]).toMatchObject({ state: 'refused', reason: 'words-not-wanted' })
  })

  it('is found stored, and the wall is read again until it shows', async () => {
    const { clock, gateway, socket, own, texts } = lost()
    gateway.answer = () => [200, { status: 'stored', seq: 2, epoch: 'e1', ...postEntry(2).post }]
    clock.advance(10_000)
    await settle()
    expect(own()).toEqual(['stored'])
    expect(socket().sent.at(-1)).toEqual({ type: 'wall.subscribe', channel: 'wall', after: 1, epoch: 'e1' })
    socket().deliver(updated(postEntry(2)))
    expect([own(), texts()]).toEqual([[], ['post 1', 'post 2']])
  })

  it('is sent again, with the same id, when nobody knows of it', async () => {
    const { clock, gateway, posts } = lost()
    gateway.answer = () => [404, { code: 'not-known-yet' }]
    for (let i = 0; i < 4; i++) {
      clock.advance(10_000)
      await settle()
    }
    const ids = posts().map((frame) => frame.id)
    expect(ids).toEqual([ids[0], ids[0]])
  })

  it('is left to its author when nobody knows of it and its session is over', async () => {
    const { client, clock, gateway, store, open } = lost()
    gateway.answer = () => [404, { code: 'not-known-yet' }]
    store.set('parvis.session', JSON.stringify({ ...session, token: 't2', sessionId: 's2' }))
    client.onKeptChange('parvis.session')
    open([postEntry(1)])
    for (let i = 0; i < 4; i++) {
      clock.advance(10_000)
      await settle()
    }
    expect(client.getState().outbox).toMatchObject([{ state: 'refused', reason: 'not-confirmed' }])
  })

  it('is done when it is found stored in a channel that is not looked at any more', async () => {
    const { client, clock, gateway, own } = lost()
    gateway.answer = () => [200, { status: 'stored', seq: 2, epoch: 'e1', ...postEntry(2).post }]
    client.switchChannel('other')
    clock.advance(10_000)
    await settle()
    expect(own()).toEqual([])
  })

  it('is done, too, when the channel is left after it was found stored', async () => {
    const { client, clock, gateway, own } = lost()
    gateway.answer = () => [200, { status: 'stored', seq: 2, epoch: 'e1', ...postEntry(2).post }]
    clock.advance(10_000)
    await settle()
    expect(own()).toEqual(['stored'])
    client.switchChannel('other')
    expect(own()).toEqual([])
  })
})

describe('the wall', () => {
  it('goes on from what it has after a loss, and says what was caught up', () => {
    const { client, clock, socket, sockets, open, texts } = begin()
    open([postEntry(1), postEntry(2)])
    expect(client.getState().connection).toBe('live')
    socket().drop()
    expect(client.getState().connection).toBe('waiting')
    clock.advance(500)
    expect(sockets).toHaveLength(2)
    socket().accept()
    expect(socket().sent).toContainEqual({ type: 'wall.subscribe', channel: 'wall', after: 2, epoch: 'e1' })
    socket().deliver(updated(postEntry(3), postEntry(4)))
    expect(client.getState()).toMatchObject({ connection: 'live', caughtUp: { entries: 2, afterMs: 500 } })
    expect(texts()).toHaveLength(4)
  })

  it('does not count the reader’s own posts as caught up', () => {
    const { client, clock, socket, open } = begin()
    open([postEntry(1)])
    socket().drop()
    client.post('mine')
    const { id } = client.getState().outbox[0]!
    clock.advance(500)
    socket().accept()
    socket().deliver(updated(postEntry(2), postEntry(3, { id: 'p', clientId: id, text: 'mine' })))
    expect(client.getState()).toMatchObject({ connection: 'live', caughtUp: { entries: 1 }, outbox: [] })
  })

  it('subscribes once for a hole, however many frames show it', () => {
    const { socket, open } = begin()
    open([postEntry(1)])
    for (const seq of [3, 4, 5]) socket().deliver(updated(postEntry(seq)))
    expect(frames(socket().sent, 'wall.subscribe')).toHaveLength(2)
  })

  it('subscribes again when a position stays ahead for 2 s, not when the update was on its way', () => {
    const { socket, open, clock } = begin()
    open([postEntry(1)])
    const ahead: GatewayFrame = { type: 'wall.position', channel: 'wall', epoch: 'e1', last: 2 }
    socket().deliver(ahead)
    clock.advance(1_000)
    socket().deliver(updated(postEntry(2)))
    clock.advance(5_000)
    expect(frames(socket().sent, 'wall.subscribe')).toHaveLength(1)
    socket().deliver({ ...ahead, last: 3 })
    clock.advance(2_000)
    expect(frames(socket().sent, 'wall.subscribe')).toHaveLength(2)
  })

  it('asks again when its subscription gets a passing refusal, or no answer; where nothing comes it opens anew', () => {
    const { socket, sockets, clock } = begin()
    socket().accept()
    socket().deliver({ type: 'problem', code: 'not-available', message: '', channel: 'wall', retryAfterS: 1 })
    clock.advance(1_500)
    expect(frames(socket().sent, 'wall.subscribe')).toHaveLength(2)
    clock.advance(5_000)
    socket().deliver({ type: 'problem', code: 'too-fast', message: '', channel: 'another' })
    clock.advance(5_000)
    expect(frames(socket().sent, 'wall.subscribe')).toHaveLength(3)
    expect(sockets).toHaveLength(1)
    clock.advance(10_500)
    expect(sockets).toHaveLength(2)
    expect(sockets[0]!.closed).toBe(true)
  })

  it('tells a page of another host from a connection that was lost, and asks again all the same', () => {
    const { client, clock, socket, open } = begin()
    socket().accept()
    socket().drop(1008)
    expect(client.getState()).toMatchObject({ connection: 'waiting', notAllowed: true })
    clock.advance(30_000)
    open()
    expect(client.getState().connection).toBe('live')
    socket().drop()
    expect(client.getState()).toMatchObject({ connection: 'waiting', notAllowed: false })
  })

  it('leaves a connection that has died without a word within 20 s of a post, or 10 s after the device is back', () => {
    for (const [suspect, ms] of [
      [(at: ReturnType<typeof begin>) => at.client.post('hello'), 20_000],
      [(at: ReturnType<typeof begin>) => at.client.wake(), 10_000],
    ] as const) {
      const at = begin()
      at.open([postEntry(1)])
      suspect(at)
      at.clock.advance(ms - 1)
      expect(at.client.getState().connection).toBe('live')
      at.clock.advance(1)
      expect(at.client.getState().connection).toBe('waiting')
      at.clock.advance(500)
      expect(at.sockets).toHaveLength(2)
    }
  })

  it('keeps a connection on which the answer to a post is late while others are there', () => {
    const at = begin()
    at.open([postEntry(1)])
    at.client.post('hello')
    for (let n = 0; n < 6; n++) {
      at.clock.advance(9_000)
      at.socket().deliver({
        type: 'wall.updated',
        channel: 'wall',
        epoch: 'e1',
        entries: [],
        first: 2,
        last: 1,
        cachedAt: 0,
      })
    }
    expect(at.sockets).toHaveLength(1)
  })

  it('loads older pages, and reads anew when the channel was begun anew', async () => {
    const { client, socket, open, gateway, requests, texts } = begin()
    socket().accept()
    open([postEntry(3)])
    gateway.answer = () => [
      200,
      { channel: 'wall', epoch: 'e1', entries: [postEntry(1), postEntry(2)], hasMore: false },
    ]
    await client.showOlder()
    expect(requests[0]?.url).toBe('/posts?channel=wall&before=3&limit=50')
    expect(texts()).toEqual(['post 1', 'post 2', 'post 3'])
    gateway.answer = () => [410, { code: 'epoch-changed' }]
    await client.showOlder()
    expect(frames(socket().sent, 'wall.subscribe').at(-1)).toMatchObject({ after: 3 })
    gateway.answer = () => [503, { code: 'not-available' }]
    await client.showOlder()
    expect(client.getState().older).toBe('failed')
  })

  it('leaves one channel for another', () => {
    const { client, socket, open } = begin()
    open([postEntry(1)])
    client.switchChannel('news')
    expect(socket().sent.slice(-2)).toEqual([
      { type: 'wall.unsubscribe', channel: 'wall' },
      { type: 'wall.subscribe', channel: 'news' },
    ])
    socket().deliver(updated(postEntry(2)))
    expect(client.getState().wall).toMatchObject({ channel: 'news', entries: [], known: false })
  })
})

describe('the session', () => {
  it('is opened on the socket that is there as soon as a pseudo is chosen', async () => {
    const { client, socket, sockets, gateway, requests, posts } = begin(memoryStore(), false)
    socket().accept()
    gateway.answer = () => [201, session]
    await client.choosePseudo('ana')
    expect(requests[0]).toMatchObject({ url: '/auth/choose-pseudo', token: null, body: { pseudo: 'ana' } })
    expect([sockets.length, socket().sent.at(-1)]).toEqual([1, { type: 'session.open', token: 't1' }])
    client.post('hello')
    expect(posts()).toHaveLength(0)
    socket().deliver(opened)
    expect(posts()).toHaveLength(1)
  })

  it('is renewed in silence with the old token when it expires, keeping the outbox', async () => {
    const { client, socket, gateway, requests, posts, store } = begin()
    client.post('hello')
    gateway.answer = () => [201, { ...session, token: 't2' }]
    socket().accept()
    socket().deliver({ type: 'problem', code: 'token-expired', message: '' })
    await settle()
    expect(requests).toMatchObject([{ token: 'Bearer t1', body: { pseudo: 'ana' } }])
    expect(socket().sent.at(-1)).toEqual({ type: 'session.open', token: 't2' })
    expect(store.get('parvis.session')).toContain('t2')
    socket().deliver(opened)
    expect(posts().map((frame) => frame.text)).toEqual(['hello'])
    expect(client.getState().sessionOver).toBeUndefined()
  })

  it('that expired while the socket was open is renewed too', async () => {
    const { client, socket, gateway, requests, open, store } = begin()
    gateway.answer = ({ method }) =>
      method === 'GET' ? [401, { code: 'token-expired' }] : [201, { ...session, token: 't2' }]
    open()
    socket().drop(4401)
    await settle()
    expect(requests.map((request) => request.url)).toEqual(['/auth/validate-session', '/auth/choose-pseudo'])
    expect([client.getState().sessionOver, store.get('parvis.session')?.includes('t2')]).toEqual([undefined, true])
  })

  it('that was ended elsewhere is asked for again, and its posts wait', async () => {
    const { client, socket, clock, gateway, open, own, posts, requests } = begin()
    gateway.answer = ({ url }) => (url === '/auth/validate-session' ? [401, { code: 'session-ended' }] : [500, {}])
    open()
    socket().drop(4401)
    await settle()
    expect(client.getState().sessionOver).toBe('session-ended')
    client.post('hello')
    clock.advance(500)
    socket().accept()
    clock.advance(9_000)
    expect([own(), posts().length, requests.length]).toEqual([['sending'], 0, 1])
    expect(frames(socket().sent, 'session.open')).toEqual([])
  })

  it('is kept when it cannot be given back: without its token nobody could', async () => {
    const { client, open, gateway } = begin()
    open()
    gateway.answer = () => [503, { code: 'not-available' }]
    expect(await client.logOut()).toMatchObject({ code: 'not-available' })
    expect(client.getState().session).toEqual(session)
  })

  it('is given back by logging out', async () => {
    const { client, open, gateway, requests, store, sockets } = begin()
    open()
    gateway.answer = () => [204, undefined]
    await client.logOut()
    expect(requests).toMatchObject([{ method: 'DELETE', url: '/auth/session', token: 'Bearer t1' }])
    expect([client.getState().session, store.get('parvis.session'), sockets.length]).toEqual([undefined, undefined, 2])
  })
})
