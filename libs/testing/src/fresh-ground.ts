import { randomBytes } from 'node:crypto'
import { type Ground, makeGround } from '@parvis/stack/ground'
import { testServers } from './test-servers.ts'

/** Gives a test file its own ground on the test servers, and takes it away again on disposal. */
export function freshGround(): Promise<Ground & AsyncDisposable> {
  return makeGround(testServers(), `t${randomBytes(6).toString('hex')}`)
}
