import type { Page } from 'playwright-core'
import { publishByHand } from './by-hand.ts'
import { eventually } from './eventually.ts'
import { call } from './wall-client.ts'
import {
  isLive,
  openPage,
  type PageWall,
  SIX_LINKS,
  shown,
  shows,
  startPageWall,
  takePseudo,
  visit,
  write,
  writing,
} from './wall-page.ts'

// What is posted on the page, in a real browser, on a whole wall with two gateways.

let the: PageWall
let near = ''
let far = ''

beforeAll(async () => {
  the = await startPageWall()
  near = the.wall.gateways[0]!.url
  far = the.wall.gateways[1]!.url
})

afterAll(() => the?.[Symbol.asyncDispose]())

test('what Ada posts is on Bob’s screen, of another gateway, once, the newest first', async () => {
  await using ada = await visit(the, near, 'square')
  await using bob = await visit(the, far, 'square')
  await ada.page.getByText('Nobody has written here yet.').waitFor()
  await takePseudo(ada.page, 'Ada')
  await takePseudo(bob.page, 'Bob')
  await write(ada.page, 'good morning')
  await shows(bob.page, 'good morning')
  await write(bob.page, 'good morning to you')
  for (const { page } of [ada, bob]) await shows(page, 'good morning to you', 'good morning')
  expect(await shown(ada.page)).toMatchObject([{ author: 'Bob' }, { author: 'Ada' }])
  expect([ada.faults, bob.faults]).toEqual([[], []])
})

test('an own post is one row from sending to the wall; others see it only once it is stored', async () => {
  await using ada = await visit(the, near, 'states')
  await using bob = await visit(the, near, 'states')
  await takePseudo(ada.page, 'Ada of states')
  await recordRows(ada.page)
  const worker = the.wall.services['post-worker'][0]!
  await worker.stop()
  await write(ada.page, 'on its way')
  await ada.page.locator('article[data-state=accepted]').getByText('Accepted').waitFor()
  expect(await shown(bob.page)).toEqual([])
  await worker.start()
  await ada.page.locator('article[data-state=stored]').getByText('On the wall').waitFor()
  await shows(bob.page, 'on its way')
  // Accepted within one drawn frame, it is never seen sending.
  const rows = (await recordedRows(ada.page)).filter((states) => states !== 'sending')
  expect(rows).toEqual(['', 'accepted', 'stored'])
})

test('a refused post says why in its author’s language, and can be mended and sent', async () => {
  await using ada = await visit(the, near, 'refusals', { locale: 'fr-FR' })
  await using bob = await visit(the, far, 'refusals')
  const field = ada.page.getByRole('textbox', { name: 'Écrire sur le mur' })
  await field.fill(SIX_LINKS)
  await field.press('Enter')
  // Who posts without a pseudo is asked for one, and has posted by giving it.
  await ada.page.getByRole('textbox', { name: 'Votre pseudo' }).fill('Amélie')
  await ada.page.keyboard.press('Enter')
  const refused = ada.page.locator('article[data-state=refused]')
  await refused.getByRole('alert').getByText('Refusé. Il contient trop de liens.').waitFor()
  await refused.getByRole('button', { name: 'Modifier' }).click()
  expect(await field.inputValue()).toBe(SIX_LINKS)
  await field.fill('sans lien')
  await field.press('Enter')
  for (const { page } of [ada, bob]) await shows(page, 'sans lien')
})

test('a text that is too long, or has hidden controls, is refused before it is sent', async () => {
  await using ada = await visit(the, near, 'too-long')
  await takePseudo(ada.page, 'Ada the long')
  const sent: string[] = []
  ada.page.on('request', (request) => sent.push(request.url()))
  await ada.page.evaluate(() => {
    const send = WebSocket.prototype.send
    WebSocket.prototype.send = function (data) {
      console.log(`sent ${String(data)}`)
      send.call(this, data)
    }
  })
  ada.page.on('console', (message) => sent.push(message.text()))
  const post = ada.page.getByRole('button', { name: 'Post', exact: true })
  for (const [text, code, words] of [
    ['é'.repeat(501), 'text-too-long', 'at most 500 characters'],
    ['a\u202eb', 'text-not-fit', 'invisible control characters'],
  ] as const) {
    await writing(ada.page).fill(text)
    await ada.page.locator(`[role=alert][data-code=${code}]`).getByText(words).waitFor()
    expect(await post.isDisabled()).toBe(true)
    await writing(ada.page).press('Enter')
    expect(await writing(ada.page).inputValue()).toBe(text)
  }
  await write(ada.page, 'é'.repeat(500))
  await shows(ada.page, 'é'.repeat(500))
  expect(sent.filter((line) => line.includes('post.create'))).toHaveLength(1)
})

test('hostile and unusual texts are shown as they were written, run nothing and break no line', async () => {
  const texts = [
    '<img src=x onerror="document.title=1"><script>document.title=1</script>',
    '<a href="javascript:document.title=1">x</a> javascript:alert(1) [x](javascript:alert(1))',
    '&lt;b&gt; {{1+1}} \\u003cb\\u003e',
    'שלום לכולם, وأهلا وسهلا بكم',
    '👩‍👩‍👧‍👦🏳️‍🌈🇫🇷',
    'ẹ\u0301'.repeat(500),
    'two\n\nparagraphs',
    'https://example.org/?q=<b>&x="y"',
  ]
  await using ada = await visit(the, near, 'hostile')
  await using bob = await visit(the, far, 'hostile', { width: 320 })
  await takePseudo(ada.page, 'ليلى')
  for (const text of texts) await write(ada.page, text)
  // Texts are kept in the composed form of Unicode.
  const kept = texts.map((text) => text.normalize('NFC')).reverse()
  for (const { page } of [ada, bob]) {
    await shows(page, ...kept)
    expect(await page.locator('article :is(img, script, b, iframe)').count()).toBe(0)
    expect(
      await page.locator('article a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
    ).toEqual([expect.stringMatching(/^https:\/\/example\.org\//)])
    expect(await page.title()).toBe('#hostile · Parvis')
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  }
  expect([ada.faults, bob.faults]).toEqual([[], []])
})

test('a reload keeps the session, the wall and what was being written; choosing a pseudo does not post it', async () => {
  await using ada = await visit(the, near, 'reload')
  await writing(ada.page).fill('not yet')
  await takePseudo(ada.page, 'Ada again')
  expect(await writing(ada.page).inputValue()).toBe('not yet')
  await write(ada.page, 'before')
  await shows(ada.page, 'before')
  await writing(ada.page).fill('half a sen')
  await ada.page.reload()
  await ada.page.getByText('Writing as Ada again').waitFor()
  await shows(ada.page, 'before')
  expect(await writing(ada.page).inputValue()).toBe('half a sen')
  await write(ada.page, 'after')
  await shows(ada.page, 'after', 'before')
})

/** The page asks for a pseudo, and the answer does not come before `answer` is called. */
async function askedLate(page: Page, text: string, pseudo: string) {
  const { promise, resolve: answer } = Promise.withResolvers<void>()
  await page.route('**/auth/choose-pseudo', async (route) => {
    await promise
    await route.continue()
  })
  await write(page, text)
  await page.getByRole('textbox', { name: 'Your pseudo' }).fill(pseudo)
  await page.getByRole('button', { name: 'Take this pseudo and post' }).click()
  await page.getByRole('button', { name: 'Cancel' }).and(page.locator(':disabled')).waitFor()
  return { answer }
}

test('what is written on while a pseudo is asked for is neither posted half nor lost', async () => {
  await using ada = await visit(the, near, 'written-on')
  const { answer } = await askedLate(ada.page, 'half a', 'Ada who writes on')
  await writing(ada.page).fill('half a sentence, and more')
  answer()
  await ada.page.getByText('Writing as Ada who writes on').waitFor()
  expect(await writing(ada.page).inputValue()).toBe('half a sentence, and more')
  expect(await shown(ada.page)).toEqual([])
  await writing(ada.page).press('Enter')
  await shows(ada.page, 'half a sentence, and more')
})

test('a text for one channel is not posted in another, where one has gone while a pseudo is asked for', async () => {
  await using ada = await visit(the, near, 'gone-from')
  const { answer } = await askedLate(ada.page, 'for the first', 'Ada who goes')
  await ada.page.evaluate(() => {
    location.hash = 'gone-to'
  })
  await ada.page.locator('.page[data-channel=gone-to][data-connection=live]').waitFor()
  answer()
  await ada.page.getByText('Writing as Ada who goes').waitFor()
  await write(ada.page, 'for the second')
  await shows(ada.page, 'for the second')
  await ada.page.evaluate(() => {
    location.hash = 'gone-from'
  })
  await ada.page.locator('.page[data-channel=gone-from][data-connection=live]').waitFor()
  expect(await shown(ada.page)).toEqual([])
  expect(await writing(ada.page).inputValue()).toBe('for the first')
})

test('two tabs of one person each keep what is written in them, whatever the other does', async () => {
  await using ada = await visit(the, near, 'two-tabs')
  await takePseudo(ada.page, 'Ada of two tabs')
  const { page: other } = await openPage(ada.context, near, 'two-tabs')
  await writing(other).fill('in the other tab')
  await writing(ada.page).fill('in the first')
  await writing(ada.page).press('Enter')
  await shows(other, 'in the first')
  expect(await writing(other).inputValue()).toBe('in the other tab')
  await writing(ada.page).press('Enter')
  expect(await ada.page.locator('[data-code=text-empty]').count()).toBe(0)
})

test('an address that names no channel is refused on the page that stays', async () => {
  await using ada = await visit(the, near, 'wall')
  await ada.page.evaluate(() => {
    location.hash = 'été'
  })
  await ada.page.locator('[role=alert][data-code=channel-not-fit]').waitFor()
  await ada.page.evaluate(() => {
    location.hash = 'wall'
  })
  await ada.page.locator('[data-code=channel-not-fit]').waitFor({ state: 'detached' })
})

test('a wall of 300 posts is read back to its beginning, while new ones come', async () => {
  const texts = Array.from({ length: 300 }, (_, i) => `post ${i + 1}`)
  for (let from = 0; from < 300; from += 100) {
    await publishByHand(the.ground, 'post.created', {
      posts: texts.slice(from, from + 100).map((text) => ({ text, channel: 'long' })),
    })
  }
  await eventually(async () => {
    expect((await call(`${near}/posts?channel=long&limit=1`, 'GET')).body.head).toBe(300)
  }, 30_000)
  await using reader = await visit(the, near, 'long')
  const { page } = reader
  const newest = [...texts].reverse()
  await shows(page, ...newest.slice(0, 50))
  // Once by hand; from then on by reaching the end.
  await page.getByRole('button', { name: 'Show older posts' }).press('Enter')
  await eventually(async () => expect((await shown(page)).length).toBeGreaterThanOrEqual(100))
  await publishByHand(the.ground, 'post.created', { text: 'news', channel: 'long' })
  await eventually(async () => {
    await page.mouse.wheel(0, 20_000)
    expect(await page.getByText('This is where the wall begins.').isVisible()).toBe(true)
  }, 30_000)
  await shows(page, 'news', ...newest)
  expect(await page.locator('article .by-hand').count()).toBe(301)
  // Who reads further down is told of what comes, and led to it.
  for (const text of ['more', 'and more']) await publishByHand(the.ground, 'post.created', { text, channel: 'long' })
  await page.getByRole('button', { name: '3 new posts' }).press('Enter')
  await page.getByRole('button', { name: 'new post' }).waitFor({ state: 'detached' })
  expect(await page.evaluate(() => window.scrollY)).toBeLessThan(400)
})

test('a channel is one address, and the channel box leads to another', async () => {
  await using ada = await visit(the, near, 'kitchen')
  await takePseudo(ada.page, 'Ada of channels')
  await write(ada.page, 'in the kitchen')
  await shows(ada.page, 'in the kitchen')
  await ada.page.getByRole('textbox', { name: 'Channel' }).fill('Cellar')
  await ada.page.keyboard.press('Enter')
  await ada.page.getByText('Nobody has written here yet.').waitFor()
  expect(new URL(ada.page.url()).hash).toBe('#cellar')
  await write(ada.page, 'in the cellar')
  await shows(ada.page, 'in the cellar')
  await ada.page.goBack()
  await shows(ada.page, 'in the kitchen')
  await ada.page.goto(`${far}/?channel=cellar`)
  await shows(ada.page, 'in the cellar')
})

test('a wall.requested by hand makes the page read the wall anew, and shows nothing twice', async () => {
  await using ada = await visit(the, near, 'anew')
  await takePseudo(ada.page, 'Ada anew')
  await write(ada.page, 'one')
  await shows(ada.page, 'one')
  const frames: string[] = []
  ada.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))))
  await ada.page.reload()
  await isLive(ada.page)
  await publishByHand(the.ground, 'wall.requested', { channels: ['anew'] })
  await eventually(() => expect(frames.filter((frame) => frame.includes('"refreshed"'))).toHaveLength(1))
  await write(ada.page, 'two')
  await shows(ada.page, 'two', 'one')
})

/** From now on, keeps each change of the states of all rows, as they are drawn. */
async function recordRows(page: Page): Promise<void> {
  await page.evaluate(() => {
    const rows: string[] = []
    const look = () => {
      const states = [...document.querySelectorAll('article')].map((card) => card.dataset.state).join('+')
      if (rows.at(-1) !== states) rows.push(states)
    }
    look()
    new MutationObserver(look).observe(document.querySelector('.wall')!, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ['data-state'],
    })
    Object.assign(window, { rows })
  })
}

const recordedRows = (page: Page) => page.evaluate(() => (window as unknown as { rows: string[] }).rows)
