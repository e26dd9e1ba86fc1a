import { openServers } from '@parvis/stack/open-servers'
import { TEST_HOME } from '@parvis/testing/fresh-ground'

// Jest's global set-up: one set of real servers for the whole run; each test file makes its own ground on them.
export default async function startTestServers(): Promise<void> {
  const servers = await openServers({ home: TEST_HOME, log: (line) => process.stderr.write(`${line}\n`) })
  Object.assign(globalThis, { stopTestServers: () => servers[Symbol.asyncDispose]() })
}
