import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { eventually } from './eventually.ts'
import { manage } from './fresh-ground.ts'
import { call } from './wall-client.ts'
import {
  isLive,
  newPerson,
  openPage,
  type Person,
  shown,
  shows,
  startPageWall,
  takePseudo,
  write,
  writing,
} from './wall-page.ts'

// The page in a real browser, on a whole wall with two gateways.

const SIX_LINKS =
  'http://a.example http://b.example http://c.example http://d.example http://e.example http://f.example'

let the: Awaited<ReturnType<typeof startPageWall>>
let near = ''
let far = ''

beforeAll(async () => {
  the = await startPageWall()
  near = the.wall.gateways[0]!.url
  far = the.wall.gateways[1]!.url
}, 180_000)

afterAll(() => the?.[Symbol.asyncDispose](), 60_000)

/** A page that a person of its own looks at; closed by `await using`. */
async function visit(gateway: string, channel: string, options: Person = {}) {
  const context = await newPerson(the.browser, options)
  const { page, faults } = await openPage(context, gateway, channel)
  return { context, page, faults, [Symbol.asyncDispose]: () => context.close() }
}

const publish = (routingKey: string, body: object) =>
  manage(the.ground.servers, 'POST', `/api/exchanges/${vhost()}/wall.commands/publish`, {
    properties: {},
    routing_key: routingKey,
    payload: JSON.stringify(body),
    payload_encoding: 'string',
  })
const vhost = () => new URL(the.ground.servers.rabbitmq.url).pathname.slice(1)

test('what Ada posts is on Bob’s screen, of another gateway, once, the newest first', async () => {
  await using ada = await visit(near, 'square')
  await using bob = await visit(far, 'square')
  await ada.page.getByText('Nobody has written here yet.').waitFor()
  await takePseudo(ada.page, 'Ada')
  await takePseudo(bob.page, 'Bob')
  await write(ada.page, 'good morning')
  await shows(bob.page, 'good morning')
  await write(bob.page, 'good morning to you')
  for (const { page } of [ada, bob]) await shows(page, 'good morning to you', 'good morning')
  expect(await shown(ada.page)).toMatchObject([{ author: 'Bob' }, { author: 'Ada' }])
  expect([ada.faults, bob.faults]).toEqual([[], []])
}, 60_000)

test('an own post is one row from sending to the wall; others see it only once it is stored', async () => {
  await using ada = await visit(near, 'states')
  await using bob = await visit(near, 'states')
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
}, 60_000)

test('a taken pseudo is refused with one that is free, taken by one press', async () => {
  await using first = await visit(near, 'names')
  await using second = await visit(far, 'names')
  await takePseudo(first.page, 'Rosette')
  await second.page.getByRole('button', { name: 'Choose a pseudo' }).click()
  await second.page.getByRole('textbox', { name: 'Your pseudo' }).fill('ROSETTE')
  await second.page.keyboard.press('Enter')
  await second.page.locator('[role=alert][data-code=pseudo-taken]').getByText('Someone has this pseudo').waitFor()
  await second.page.getByRole('button', { name: /^Take “ROSETTE\d+” instead$/ }).click()
  await second.page.getByText(/^Writing as ROSETTE\d+/).waitFor()

  await first.page.getByRole('button', { name: 'Give it back' }).click()
  await first.page.getByRole('button', { name: 'Choose a pseudo' }).waitFor()
  await takePseudo(first.page, 'Rosette')
}, 60_000)

test('a refused post says why in its author’s language, and can be mended and sent', async () => {
  await using ada = await visit(near, 'refusals', { locale: 'fr-FR' })
  await using bob = await visit(far, 'refusals')
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
}, 60_000)

test('a text that is too long, or has hidden controls, is refused before it is sent', async () => {
  await using ada = await visit(near, 'too-long')
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
}, 60_000)

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
  await using ada = await visit(near, 'hostile')
  await using bob = await visit(far, 'hostile', { width: 320 })
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
}, 60_000)

test('a reload keeps the session, the wall and what was being written', async () => {
  await using ada = await visit(near, 'reload')
  await takePseudo(ada.page, 'Ada again')
  await write(ada.page, 'before')
  await shows(ada.page, 'before')
  await writing(ada.page).fill('half a sen')
  await ada.page.reload()
  await ada.page.getByText('Writing as Ada again').waitFor()
  await shows(ada.page, 'before')
  expect(await writing(ada.page).inputValue()).toBe('half a sen')
  await write(ada.page, 'after')
  await shows(ada.page, 'after', 'before')
}, 60_000)

test('the page speaks the browser’s language, and the one that was chosen from then on', async () => {
  await using reader = await visit(near, 'languages', { locale: 'fr-CA' })
  const { page } = reader
  const speaks = async (language: string, words: string) => {
    await page.getByText(words).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe(language)
  }
  await speaks('fr', 'Personne n’a encore écrit ici.')
  await page.getByRole('button', { name: 'English' }).click()
  await speaks('en', 'Nobody has written here yet.')
  await page.reload()
  await speaks('en', 'Nobody has written here yet.')
  await page.getByRole('button', { name: 'Français' }).click()
  await speaks('fr', 'Personne n’a encore écrit ici.')
  await using stranger = await visit(near, 'languages', { locale: 'de-DE' })
  await stranger.page.getByText('Nobody has written here yet.').waitFor()
}, 60_000)

test('everything can be done by keyboard, and what has the focus shows it', async () => {
  await using ada = await visit(near, 'keys')
  const { page } = ada
  const focused = () =>
    page.evaluate(() => {
      const element = document.activeElement as HTMLElement
      const label = (element as HTMLInputElement).labels?.[0]?.textContent ?? element.textContent ?? ''
      const { outlineStyle, outlineWidth } = getComputedStyle(element.closest('.channel-field') ?? element)
      return { label, ring: outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth) }
    })
  const tabTo = async (label: string, key = 'Tab') => {
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press(key)
      const now = await focused()
      if (now.label !== label) continue
      expect(now.ring).toBeGreaterThanOrEqual(2)
      return
    }
    throw new Error(`${key} does not lead to “${label}”`)
  }
  await tabTo('Write on the wall')
  await page.keyboard.type('one')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('two')
  await page.keyboard.press('Enter')
  await eventually(async () => expect((await focused()).label).toBe('Your pseudo'))
  await page.keyboard.type('Ada of the keys')
  await page.keyboard.press('Enter')
  await shows(page, 'one\ntwo')
  expect((await focused()).label).toBe('Write on the wall')
  await page.keyboard.type(SIX_LINKS)
  await page.keyboard.press('Enter')
  await page.locator('article[data-state=refused]').waitFor()
  await tabTo('Edit')
  await page.keyboard.press('Enter')
  await eventually(async () => expect(await writing(page).inputValue()).toBe(SIX_LINKS))
  expect((await focused()).label).toBe('Write on the wall')
  await tabTo('Give it back')
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: 'Choose a pseudo' }).waitFor()
  await tabTo('Channel', 'Shift+Tab')
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type('keys-too')
  await page.keyboard.press('Enter')
  await page.getByText('Nobody has written here yet.').waitFor()
  await tabTo('Français', 'Shift+Tab')
  await page.keyboard.press('Enter')
  await page.getByText('Personne n’a encore écrit ici.').waitFor()
}, 60_000)

test.each([
  ['light', 1280],
  // 1280 pixels at a zoom of 400 %, or a small phone.
  ['dark', 320],
] as const)(
  'axe finds nothing to mend in any state of the %s page at %i pixels',
  async (colorScheme, width) => {
    await using ada = await visit(near, `axe-${width}`, { colorScheme, width })
    const { page } = ada
    const isFine = async (state: string) => {
      const { violations } = await page.evaluate(`${axe.source}; axe.run()`).then((result) => result as axe.AxeResults)
      const found = violations.map(({ id, nodes }) => `${state}: ${id}: ${nodes.map(({ html }) => html).join(' ')}`)
      expect(found).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    }
    await isFine('empty')
    await page.getByRole('button', { name: 'Choose a pseudo' }).click()
    await page.getByRole('textbox', { name: 'Your pseudo' }).fill('two  scripts аb')
    await page.keyboard.press('Enter')
    await page.locator('[data-code=pseudo-not-fit], [data-code=value-not-fit]').waitFor()
    await isFine('pseudo refused')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await takePseudo(page, `Ada the ${colorScheme}`)
    await publish('post.created', {
      text: 'by hand, with https://example.org/',
      channel: `axe-${width}`,
      author: 'Bob',
    })
    await write(page, 'own')
    await write(page, SIX_LINKS)
    await page.locator('article[data-state=refused]').waitFor()
    await eventually(async () => expect(await shown(page)).toHaveLength(3))
    await writing(page).fill('e'.repeat(501))
    await page.locator('[role=alert][data-code=text-too-long]').waitFor()
    await isFine('full')
  },
  60_000,
)

test('a wall of 300 posts is read back to its beginning, while new ones come', async () => {
  const texts = Array.from({ length: 300 }, (_, i) => `post ${i + 1}`)
  for (let from = 0; from < 300; from += 100) {
    await publish('post.created', { posts: texts.slice(from, from + 100).map((text) => ({ text, channel: 'long' })) })
  }
  await eventually(async () => {
    expect((await call(`${near}/posts?channel=long&limit=1`, 'GET')).body.head).toBe(300)
  }, 30_000)
  await using reader = await visit(near, 'long')
  const { page } = reader
  const newest = [...texts].reverse()
  await shows(page, ...newest.slice(0, 50))
  // Once by hand; from then on by reaching the end.
  await page.getByRole('button', { name: 'Show older posts' }).press('Enter')
  await eventually(async () => expect((await shown(page)).length).toBeGreaterThanOrEqual(100))
  await publish('post.created', { text: 'news', channel: 'long' })
  await eventually(async () => {
    await page.mouse.wheel(0, 20_000)
    expect(await page.getByText('This is where the wall begins.').isVisible()).toBe(true)
  }, 30_000)
  await shows(page, 'news', ...newest)
  expect(await page.locator('article .by-hand').count()).toBe(301)
}, 90_000)

test('a channel is one address, and the channel box leads to another', async () => {
  await using ada = await visit(near, 'kitchen')
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
}, 60_000)

test('a wall.requested by hand makes the page read the wall anew, and shows nothing twice', async () => {
  await using ada = await visit(near, 'anew')
  await takePseudo(ada.page, 'Ada anew')
  await write(ada.page, 'one')
  await shows(ada.page, 'one')
  const frames: string[] = []
  ada.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))))
  await ada.page.reload()
  await isLive(ada.page)
  await publish('wall.requested', { channels: ['anew'] })
  await eventually(() => expect(frames.filter((frame) => frame.includes('"refreshed"'))).toHaveLength(1))
  await write(ada.page, 'two')
  await shows(ada.page, 'two', 'one')
}, 60_000)

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
