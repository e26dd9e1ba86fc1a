import axe from 'axe-core'
import { publishByHand } from './by-hand.ts'
import { eventually } from './eventually.ts'
import {
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

// The page for everyone: names, languages, keyboard and what aids rely on, in a real browser, on a whole wall with two gateways.

let the: PageWall
let near = ''
let far = ''

beforeAll(async () => {
  the = await startPageWall()
  near = the.wall.gateways[0]!.url
  far = the.wall.gateways[1]!.url
})

afterAll(() => the?.[Symbol.asyncDispose]())

test('a taken pseudo is refused with one that is free, taken by one press', async () => {
  await using first = await visit(the, near, 'names')
  await using second = await visit(the, far, 'names')
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
})

test('the page speaks the browser’s language, and the one that was chosen from then on', async () => {
  await using reader = await visit(the, near, 'languages', { locale: 'fr-CA' })
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
  await using stranger = await visit(the, near, 'languages', { locale: 'de-DE' })
  await stranger.page.getByText('Nobody has written here yet.').waitFor()
})

test('everything can be done by keyboard, and what has the focus shows it', async () => {
  await using ada = await visit(the, near, 'keys')
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
  await eventually(async () => expect((await focused()).label).toBe('Choose a pseudo'))
  await page.keyboard.press('Enter')
  await eventually(async () => expect((await focused()).label).toBe('Your pseudo'))
  await page.keyboard.press('Escape')
  await eventually(async () => expect((await focused()).label).toBe('Choose a pseudo'))
  await tabTo('Channel', 'Shift+Tab')
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type('keys-too')
  await page.keyboard.press('Enter')
  await page.getByText('Nobody has written here yet.').waitFor()
  expect((await focused()).label).toBe('Channel')
  await tabTo('Français', 'Shift+Tab')
  await page.keyboard.press('Enter')
  await page.getByText('Personne n’a encore écrit ici.').waitFor()
})

test('Page Down and Page Up lead from post to post', async () => {
  await using ada = await visit(the, near, 'feed-keys')
  const { page } = ada
  await takePseudo(page, 'Ada of the feed')
  for (const text of ['first', 'second', 'third']) await write(page, text)
  await shows(page, 'third', 'second', 'first')
  const focused = () => page.evaluate(() => document.activeElement?.querySelector('.text')?.textContent)
  await page.getByRole('article').first().focus()
  const read = [await focused()]
  for (const key of ['PageDown', 'PageDown', 'PageDown', 'PageUp']) {
    await page.keyboard.press(key)
    read.push(await focused())
  }
  expect(read).toEqual(['third', 'second', 'first', 'first', 'second'])
})

test.each([
  ['light', 1280],
  // 1280 pixels at a zoom of 400 %, or a small phone.
  ['dark', 320],
] as const)('axe finds nothing to mend in any state of the %s page at %i pixels', async (colorScheme, width) => {
  await using ada = await visit(the, near, `axe-${width}`, { colorScheme, width })
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
  await publishByHand(the.ground, 'post.created', {
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
})
