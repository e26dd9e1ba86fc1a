import { answerReady } from './answer-ready.ts'
import { type ReadyPage, readyPage } from './ready-page.ts'
import { serve } from './testing/serve.ts'

// A server whose only route says that it was asked, and one channel whose page is ready.

const resources = new AsyncDisposableStack()
const empty = { channel: 'wall', epoch: 'e', entries: [], first: 1, last: 0, head: 0, hasMore: false }
const page: ReadyPage = readyPage(empty, Buffer.from(JSON.stringify(empty)))
let read = 0
let url = ''

beforeAll(async () => {
  url = await serve(resources, (app) => {
    app.get('/posts', async () => 'the route')
    answerReady(app, {
      newest: (channel) => (channel === 'wall' ? page : undefined),
      headers: { vary: 'Origin' },
      onRead: () => read++,
    })
  })
})
afterAll(() => resources.disposeAsync())

test.each(['/posts', '/posts?channel=wall'])('GET %s is answered with the ready page, and counted', async (path) => {
  const before = read
  const answer = await fetch(url + path)
  expect(await answer.json()).toEqual(page.page)
  expect(Object.fromEntries(answer.headers)).toMatchObject({ etag: '"e:1-0/0"', vary: 'Origin' })
  expect(read).toBe(before + 1)
})

test.each([
  ['of another channel', '/posts?channel=other', {}],
  ['in another spelling', '/posts?channel=%23Wall', {}],
  ['with a limit', '/posts?limit=50', {}],
  ['with a limit too', '/posts?channel=wall&limit=50', {}],
  ['with a condition', '/posts', { 'if-none-match': '"e:1-0/0"' }],
  ["of another host's page", '/posts', { origin: 'http://a.example' }],
])('a question %s is left to the route', async (_what, path, headers) => {
  const before = read
  expect(await (await fetch(url + path, { headers })).text()).toBe('the route')
  expect(read).toBe(before)
})

test('what only begins like it is no page', async () => {
  expect((await fetch(`${url}/postsx`)).status).toBe(404)
  expect((await fetch(`${url}/posts`, { method: 'POST', body: '{}' })).status).toBe(405)
})
