import { installBrowser } from '@parvis/testing/open-browser'
import { openTestServers } from '@parvis/testing/test-servers'

// Jest's global set-up: one set of real servers for the whole run, on which each test file makes its own ground, and a
// browser for the page.
export default async function startTestServers(): Promise<void> {
  await installBrowser()
  const servers = await openTestServers()
  Object.assign(globalThis, { stopTestServers: () => servers[Symbol.asyncDispose]() })
}
