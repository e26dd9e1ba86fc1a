import { openTestServers } from '@parvis/testing/test-servers'

// Jest's global set-up: one set of real servers for the whole run; each test file makes its own ground on them.
export default async function startTestServers(): Promise<void> {
  const servers = await openTestServers()
  Object.assign(globalThis, { stopTestServers: () => servers[Symbol.asyncDispose]() })
}
