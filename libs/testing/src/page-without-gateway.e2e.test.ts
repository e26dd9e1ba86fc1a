import type { Page } from 'playwright-core'
import { eventually } from './eventually.ts'
import { isLive, openPage, type PageWall, shown, shows, startPageWall, takePseudo, visit, write } from './wall-page.ts'

// The page in a real browser while its gateway dies, is away and comes back.

let the: PageWall

beforeAll(async () => {
  the = await startPageWall()
})

// One that a failed test left stopped.
beforeEach(async () => {
  for (const gateway of the.wall.gateways) if (!gateway.isUp) await gateway.start()
})

afterAll(() => the?.[Symbol.asyncDispose]())

const gateways = () => [the.wall.gateways[0]!, the.wall.gateways[1]!] as const

const isLost = (page: Page) => page.locator('.page:not([data-connection=live])').waitFor()

test('a gateway that is killed while Ada posts: both pages come back to the same wall, nothing lost or twice', async () => {
  const [gateway, other] = gateways()
  await using ada = await visit(the, gateway.url, 'killed')
  await using bob = await visit(the, gateway.url, 'killed')
  await using carl = await visit(the, other.url, 'killed')
  await takePseudo(ada.page, 'Ada')
  await takePseudo(carl.page, 'Carl')
  const texts = Array.from({ length: 12 }, (_, i) => `post ${i + 1}`)
  for (const [i, text] of texts.entries()) {
    if (i === 4) {
      gateway.kill('SIGKILL')
      await Promise.all([isLost(ada.page), isLost(bob.page)])
      await ada.page.getByText('Not connected').first().waitFor()
      await write(carl.page, 'meanwhile')
    }
    await write(ada.page, text)
  }
  await Promise.all([isLive(ada.page), isLive(bob.page)])
  const sorted = async (page: Page) => {
    const rows = await shown(page)
    expect(rows.map(({ state }) => state)).toEqual(rows.map(() => 'stored'))
    return rows.map(({ text }) => text).reverse()
  }
  await eventually(async () => {
    const whole = await sorted(ada.page)
    // One sequence, with Ada's own in the order that she wrote them.
    expect(whole.filter((text) => text !== 'meanwhile')).toEqual(texts)
    expect(whole).toHaveLength(texts.length + 1)
    for (const { page } of [bob, carl]) expect(await sorted(page)).toEqual(whole)
  }, 60_000)
})

test('without its gateway the page says since when and what waits, and later what it caught up', async () => {
  const [gateway, other] = gateways()
  await using ada = await visit(the, gateway.url, 'away')
  await using bob = await visit(the, other.url, 'away')
  await takePseudo(ada.page, 'Ada away')
  await takePseudo(bob.page, 'Bob away')
  await gateway.stop()
  await isLost(ada.page)
  await write(ada.page, 'from the outbox')
  await write(bob.page, 'from elsewhere')
  await ada.page.locator('article[data-state=sending]').getByText('Sending…').waitFor()
  const bar = ada.page.locator('.connection-bar')
  await bar.getByText(/Not connected for \d+ seconds\..* 1 post of yours waits and will leave by itself\./).waitFor()
  await gateway.start()
  await bar.getByRole('button', { name: 'Try now' }).click()
  await isLive(ada.page)
  // Her own post is no news to her.
  await bar.getByText('Connected again: 1 post caught up.').waitFor()
  for (const { page } of [ada, bob]) await shows(page, 'from the outbox', 'from elsewhere')
})

test('a post of a page that was closed while it waited is sent once by the next page', async () => {
  const [gateway, other] = gateways()
  await using ada = await visit(the, gateway.url, 'closed')
  await using bob = await visit(the, other.url, 'closed')
  await takePseudo(ada.page, 'Ada closed')
  await gateway.stop()
  await isLost(ada.page)
  await write(ada.page, 'kept')
  await ada.page.locator('article[data-state=sending]').waitFor()
  await ada.page.close()
  await gateway.start()
  // Two pages of the same person: both send what waits, with the same id.
  const again = await Promise.all([
    openPage(ada.context, gateway.url, 'closed'),
    openPage(ada.context, gateway.url, 'closed'),
  ])
  for (const { page } of [...again, bob]) await shows(page, 'kept')
  await write(again[0].page, 'then')
  for (const { page } of [...again, bob]) await shows(page, 'then', 'kept')
})
