import type { Peer } from './peer.ts'

/** Systems that show a post to many sockets, whether or not they keep it. */
export const fanOutPeers: readonly Peer[] = []
