import { descendants } from '../descendants.ts'
import { findNginx, PACKAGES } from './find-nginx.ts'
import { startHttpPeer } from './http-peer.ts'
import { debianVersions } from './installed-versions.ts'
import type { Peer } from './peer.ts'

/** nginx with its module nchan, in C: Debian's packages. */
export const nchan: Peer = {
  name: 'nchan',
  durable: false,
  promise: 'the last 200 messages in memory, ordered, resumed by their id; nothing on the disk',
  versions: () => debianVersions(...PACKAGES),
  async start(_ground, signal) {
    const { nginx, nchanModule } = await findNginx()
    const peer = await startHttpPeer('nchan', [process.execPath, 'nchan/run.mjs'], {
      signal,
      env: { NGINX_PROGRAM: nginx, NCHAN_MODULE: nchanModule },
      // Without a content type: nchan would repeat it to each reader.
      posts: { path: '/pub', headers: {}, body: (text) => text },
    })
    const [runner = 0] = peer.pids()
    return {
      ...peer,
      // With it each message carries the id to resume from, as that of a wall does.
      subprotocol: 'ws+meta.nchan',
      // nginx and its workers, not the program that started them.
      pids: () => descendants(runner),
    }
  },
}
