import type { Peer } from './peer.ts'

/** Every peer of the bench, in the order of the table. */
export const peers: Peer[] = []
