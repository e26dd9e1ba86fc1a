import { buildPage } from '@parvis/stack/build-page'
import { startWall } from '@parvis/stack/supervise'
import type { BrowserContext, Page } from 'playwright-core'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { openBrowser } from './open-browser.ts'

export const SIX_LINKS =
  'http://a.example http://b.example http://c.example http://d.example http://e.example http://f.example'

export type PageWall = Awaited<ReturnType<typeof startPageWall>>

/** Two gateways that serve the built page, on a ground of their own, and a browser to look at it with. */
export async function startPageWall() {
  const resources = new AsyncDisposableStack()
  try {
    const browser = resources.use(await openBrowser())
    const ground = resources.use(await freshGround())
    const wall = resources.use(
      await startWall({
        servers: ground.servers,
        log: () => {},
        env: { ...process.env, REDIS_PREFIX: ground.redisPrefix },
        counts: { gateway: 2 },
        webRoot: await buildPage(() => {}),
      }),
    )
    return { browser, ground, wall, [Symbol.asyncDispose]: () => resources.disposeAsync() }
  } catch (error) {
    await resources.disposeAsync()
    throw error
  }
}

export interface Person {
  locale?: string
  width?: number
  colorScheme?: 'light' | 'dark'
}

/** A person with a browser profile, so a session and an outbox, of their own looks at a channel; `await using` ends it. */
export async function visit({ browser }: PageWall, gateway: string, channel: string, person: Person = {}) {
  const { locale = 'en-GB', width = 1280, colorScheme = 'light' } = person
  const context = await browser.newContext({ locale, colorScheme, viewport: { width, height: 800 } })
  context.setDefaultTimeout(20_000)
  const { page, faults } = await openPage(context, gateway, channel)
  return { context, page, faults, [Symbol.asyncDispose]: () => context.close() }
}

/** Opens a channel's page, live. `faults` collects what the browser complains of: scripts, policy, missing files. */
export async function openPage(context: BrowserContext, gateway: string, channel: string) {
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    const { url } = message.location()
    // A refusal of the API is an answer, which the browser logs as a failure to load.
    const answered = message.text().startsWith('Failed to load resource') && /\/(auth|posts)\b/.test(url)
    if (message.type() === 'error' && !answered) faults.push(message.text())
  })
  await page.goto(`${gateway}/#${channel}`)
  await isLive(page)
  return { page, faults }
}

export async function isLive(page: Page): Promise<void> {
  await page.locator('.page[data-connection=live]').waitFor({ timeout: 60_000 })
}

export async function takePseudo(page: Page, pseudo: string): Promise<void> {
  await page.getByRole('button', { name: 'Choose a pseudo' }).click()
  await page.getByRole('textbox', { name: 'Your pseudo' }).fill(pseudo)
  await page.getByRole('button', { name: 'Take this pseudo' }).click()
  await page.getByText(`Writing as ${pseudo}`).waitFor()
}

export const writing = (page: Page) => page.getByRole('textbox', { name: 'Write on the wall' })

export async function write(page: Page, text: string): Promise<void> {
  await writing(page).fill(text)
  await page.getByRole('button', { name: 'Post', exact: true }).click()
}

/** What is on the screen, from top to bottom. */
export function shown(page: Page) {
  return page.locator('article').evaluateAll((cards) =>
    cards.map((card) => ({
      text: card.querySelector('.text')?.textContent ?? '',
      author: card.querySelector('.author')?.textContent ?? '',
      state: card.getAttribute('data-state'),
    })),
  )
}

/** Waits until exactly these texts are on the screen, from top to bottom, all of them stored. */
export async function shows(page: Page, ...texts: string[]): Promise<void> {
  await eventually(
    async () => expect(await shown(page)).toMatchObject(texts.map((text) => ({ text, state: 'stored' }))),
    30_000,
  )
}
