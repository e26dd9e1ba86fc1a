import { installBrowser } from '@parvis/testing/open-browser'
import { openE2eServers } from '@parvis/testing/test-servers'

// Jest's global set-up for `npm run e2e`. A wall that is up already (E2E_BASE_URL) needs no servers from here.
export default async function startE2eServers(): Promise<void> {
  if (process.env.E2E_BASE_URL) return
  await installBrowser()
  const servers = await openE2eServers()
  Object.assign(globalThis, { stopTestServers: () => servers[Symbol.asyncDispose]() })
}
