import { bun } from './bun.ts'
import { expressMonolith } from './express-monolith.ts'
import { nchan } from './nchan.ts'
import type { Peer } from './peer.ts'
import { socketIo } from './socket-io.ts'
import { webStomp } from './web-stomp.ts'
import { ws } from './ws.ts'

/** Every peer of the bench, in the order of the table. */
export const peers: Peer[] = [ws, expressMonolith, socketIo, bun, nchan, webStomp]
