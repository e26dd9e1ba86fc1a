import { pagesRoute } from './pages.route.ts'
import type { PageAnswer } from './read-page.ts'
import { entryOf } from './testing/scripted-wall.ts'
import { serve } from './testing/serve.ts'

// What an answer says of where its page was read, on a real server.

const entries = [entryOf(1)]
const page = { channel: 'wall', epoch: 'e', entries, first: 1, last: 1, head: 1, hasMore: false }
const resources = new AsyncDisposableStack()
const reads: PageAnswer['source'][] = []
let answer: PageAnswer
let url = ''

beforeAll(async () => {
  url = await serve(resources, (app) => {
    pagesRoute(app, { readPage: async () => answer, onRead: (source) => reads.push(source) })
  })
})
afterAll(() => resources.disposeAsync())

test.each<[what: string, answer: PageAnswer, stale: string | null]>([
  ['from MySQL', { page, source: 'mysql' }, null],
  ['from Redis', { page, source: 'redis' }, null],
  ['from Redis that nobody vouches for', { page, source: 'redis', stale: true }, 'true'],
])('a page %s says where it was read, and whether it may be old', async (_what, read, stale) => {
  answer = read
  reads.length = 0
  for (const etag of ['"another"', '"e:1-1/1"']) {
    const { status, headers } = await fetch(`${url}/posts`, { headers: { 'if-none-match': etag } })
    expect(status).toBe(etag === '"another"' ? 200 : 304)
    expect([headers.get('x-parvis-source'), headers.get('x-parvis-stale')]).toEqual([read.source, stale])
  }
  expect(reads).toEqual([read.source, read.source])
  expect(await (await fetch(`${url}/posts`)).json()).toEqual(page)
})
