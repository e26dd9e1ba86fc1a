import { PLAIN_TEXT, startHttpPeer } from './http-peer.ts'
import { npmVersions } from './installed-versions.ts'
import type { Peer } from './peer.ts'

/** Plain ws: the broadcast loop of its README. */
export const ws: Peer = {
  name: 'ws',
  durable: false,
  promise: 'nothing stored, no numbers, no resume: fan-out alone',
  versions: () => npmVersions('ws'),
  start: (_ground, signal) =>
    startHttpPeer('ws', [process.execPath, 'ws/server.mjs'], { signal, posts: { path: '/', ...PLAIN_TEXT } }),
}
