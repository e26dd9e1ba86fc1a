import { startHttpPeer } from './http-peer.ts'
import { npmVersions } from './installed-versions.ts'
import type { Peer } from './peer.ts'

/**
 * Statements that the two peers with a database have under way at a time. MySQL's server writes the commits that
 * meet to the disk together.
 */
export const CONNECTIONS = 32

/** Express, ws and MySQL in one process: one INSERT a post, committed before the answer. */
export const expressMonolith: Peer = {
  name: 'express-monolith',
  durable: true,
  promise: 'committed before the answer, numbered, a repeated id stored once; no resume, one process',
  versions: () => npmVersions('express', 'ws', 'mysql2'),
  start: ({ servers }, signal) =>
    startHttpPeer('express-monolith', [process.execPath, 'express-monolith/server.mjs'], {
      signal,
      env: { MYSQL_URL: servers.mysql.url, CONNECTIONS: String(CONNECTIONS) },
      posts: {
        path: '/posts',
        headers: { 'content-type': 'application/json' },
        body: (text, id) => JSON.stringify({ channel: 'wall', id, author: 'bench', text }),
      },
    }),
}
