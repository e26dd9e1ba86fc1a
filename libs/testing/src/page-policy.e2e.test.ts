import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { eventually } from './eventually.ts'
import { type PageWall, shows, startPageWall, takePseudo, visit, write } from './wall-page.ts'

// What a real browser refuses to a script that has got into the page all the same.

let the: PageWall
let near = ''

beforeAll(async () => {
  the = await startPageWall()
  near = the.wall.gateways[0]!.url
})

afterAll(() => the?.[Symbol.asyncDispose]())

/** Does it in the page; gives the directives that the browser then says were violated. */
async function violated(page: Page, attempt: () => unknown): Promise<string[]> {
  await page.evaluate(() => {
    const directives: string[] = []
    Object.assign(window, { directives })
    addEventListener('securitypolicyviolation', ({ effectiveDirective }) => directives.push(effectiveDirective))
  })
  await page.evaluate(`(${attempt})()`).catch(() => {})
  return eventually(async () => {
    const directives = await page.evaluate(() => (window as unknown as { directives: string[] }).directives)
    expect(directives.length).toBeGreaterThan(0)
    return [...new Set(directives)].sort()
  })
}

test.each<[what: string, directives: string[], attempt: () => unknown]>([
  [
    'a text that becomes a document',
    ['require-trusted-types-for'],
    () => {
      document.body.innerHTML = '<b>injected</b>'
    },
  ],
  [
    'an inline script',
    ['require-trusted-types-for', 'script-src-elem'],
    () => {
      const script = document.createElement('script')
      script.append('document.title = "injected"')
      document.body.append(script)
    },
  ],
  [
    'a script from elsewhere',
    ['require-trusted-types-for', 'script-src-elem'],
    () => {
      const script = document.createElement('script')
      script.setAttribute('src', 'http://127.0.0.1:9/x.js')
      document.body.append(script)
    },
  ],
  [
    'a policy that lets texts through',
    ['trusted-types'],
    () => {
      ;(
        window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
      ).trustedTypes.createPolicy('any', {})
    },
  ],
  ['a call elsewhere', ['connect-src'], () => fetch('http://127.0.0.1:9/stolen')],
  ['a socket elsewhere', ['connect-src'], () => new WebSocket('ws://127.0.0.1:9/stolen')],
  [
    'an image from elsewhere',
    ['img-src'],
    () => {
      new Image().src = 'http://127.0.0.1:9/stolen.png'
    },
  ],
  [
    'a form that is sent',
    ['form-action'],
    () => {
      const form = document.createElement('form')
      form.action = '/posts'
      document.body.append(form)
      form.submit()
    },
  ],
  [
    'another base of all addresses',
    ['base-uri'],
    () => {
      const base = document.createElement('base')
      base.href = 'http://127.0.0.1:9/'
      document.head.append(base)
    },
  ],
  [
    'a frame',
    ['frame-src'],
    () => {
      const frame = document.createElement('iframe')
      frame.src = 'http://127.0.0.1:9/'
      document.body.append(frame)
    },
  ],
  [
    'an inline style',
    ['style-src-attr'],
    () => {
      document.body.setAttribute('style', 'display: none')
    },
  ],
])('the browser refuses %s', async (_what, directives, attempt) => {
  await using ada = await visit(the, near, 'policy')
  for (const refused of await violated(ada.page, attempt)) expect(directives).toContain(refused)
  expect(await ada.page.title()).not.toBe('injected')
  expect(await ada.page.locator('b').count()).toBe(0)
})

test('the page itself is refused nothing, and nor is the description of the API', async () => {
  await using ada = await visit(the, near, 'unrefused')
  await takePseudo(ada.page, 'Ada unrefused')
  await write(ada.page, 'https://example.org/ is a link')
  await shows(ada.page, 'https://example.org/ is a link')
  expect(ada.faults).toEqual([])
  await ada.page.goto(`${near}/docs/`)
  await ada.page.getByText('What HTTP takes and gives').first().waitFor()
  // Swagger UI's inline styles change little; they are not worth a hole.
  expect(ada.faults.filter((fault) => !fault.startsWith('Applying inline style'))).toEqual([])
})

test('no other page may frame the wall', async () => {
  await using ada = await visit(the, near, 'framed')
  const elsewhere = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(`<iframe src="${near}/"></iframe>`)
  }).listen(0, '127.0.0.1')
  try {
    await once(elsewhere, 'listening')
    await ada.page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`)
    // An error of the browser's in its place.
    await eventually(() => expect(ada.page.frames().map((frame) => frame.url())[1]).toMatch(/^chrome-error:/))
  } finally {
    elsewhere.close()
    elsewhere.closeAllConnections()
  }
})
