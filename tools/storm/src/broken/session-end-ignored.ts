import { sessionOver } from '../faults/20-session-over.ts'
import type { Variant } from './variant.ts'

export const sessionEndIgnored: Variant = {
  name: 'session-end-ignored',
  title: 'a gateway does not listen to the end of sessions',
  rewrites: [
    {
      file: 'apps/gateway/src/on-broadcast.ts',
      find: 'return needs.sockets.endSession(sessionId)',
      replace: 'return void sessionId',
    },
  ],
  faults: [sessionOver],
  shows: ['expectation'],
}
