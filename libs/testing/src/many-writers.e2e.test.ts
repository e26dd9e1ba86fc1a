import type { Entry } from '@parvis/contracts/post'
import { eventually } from './eventually.ts'
import { newClientId, openSocket } from './live-client.ts'
import { storedPosts } from './stored-posts.ts'
import { startTestWall, type TestWall } from './test-wall.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// Two gateways, twenty readers, ten writers, two thousand posts.

const WRITERS = 10
const EACH = 200
const TOTAL = WRITERS * EACH
/** Posts that one socket has on their way at a time. */
const AHEAD = 50

const resources = new AsyncDisposableStack()
let at: TestWall

beforeAll(async () => {
  at = await startTestWall(resources)
})

afterAll(() => resources.disposeAsync())

const gateway = (index: number) => (index % 2 ? at.near : at.far)
const textsOf = (writer: number) => Array.from({ length: EACH }, (_, n) => `${writer}:${n}`)

async function writeOverHttp(url: string, token: string, texts: string[]): Promise<void> {
  for (const text of texts) {
    const answer = await call(`${url}/posts`, 'POST', { token, body: { text, channel: 'busy' } })
    expect(answer.status).toBe(202)
  }
}

async function writeOverSocket(url: string, token: string, texts: string[]): Promise<void> {
  using live = await openSocket(url)
  live.send({ type: 'session.open', token })
  const accepted = () => live.frames.filter(({ type }) => type === 'post.accepted').length
  for (const [n, text] of texts.entries()) {
    if (n % AHEAD === 0) await eventually(() => expect(accepted()).toBe(n))
    live.send({ type: 'post.create', id: newClientId(), channel: 'busy', text })
  }
  await eventually(() => expect(accepted()).toBe(texts.length))
}

test('every socket saw the same gap-free sequence; MySQL holds exactly those, Redis the last 500 of them', async () => {
  const readers = await Promise.all(Array.from({ length: 20 }, (_, i) => openReader(gateway(i), 'busy')))
  const tokens = await Promise.all(Array.from({ length: WRITERS }, (_, i) => tokenOf(gateway(i), `writer${i}`)))
  await Promise.all(tokens.map((token, i) => (i < 5 ? writeOverHttp : writeOverSocket)(gateway(i), token, textsOf(i))))
  await eventually(() => expect(readers.map(({ entries }) => entries.length)).toEqual(readers.map(() => TOTAL)), 60_000)

  const stored = await storedPosts(at.ground, 'busy')
  expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: TOTAL }, (_, i) => i + 1))
  for (const { entries, faults, socket } of readers) {
    expect(faults).toEqual([])
    expect(entries.map(({ seq, post: { text } }) => ({ seq, text }))).toEqual(stored)
    socket.terminate()
  }
  for (let writer = 0; writer < WRITERS; writer++) {
    const own = stored.map(({ text }) => text).filter((text) => text.startsWith(`${writer}:`))
    expect(own).toEqual(textsOf(writer))
  }

  const inRedis: Entry[] = []
  const worker = at.wall.services['cache-worker'][0]!.url
  for (let before = TOTAL + 1, some = 1; some > 0; before -= some) {
    const url = `${worker}/cache/posts?channel=busy&limit=200&before=${before}`
    const { body } = await call(url, 'GET', { token: at.wall.serviceToken })
    inRedis.unshift(...body.entries)
    some = body.entries.length
  }
  expect(inRedis.map(({ seq, post: { text } }) => ({ seq, text }))).toEqual(stored.slice(-500))
})
