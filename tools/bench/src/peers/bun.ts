import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PlainError } from '@parvis/stack/servers'
import { PLAIN_TEXT, startHttpPeer } from './http-peer.ts'
import { npmVersions } from './installed-versions.ts'
import type { Peer } from './peer.ts'
import { PEERS } from './start-program.ts'

const PACKAGE = `@oven/bun-linux-${process.arch === 'arm64' ? 'aarch64' : process.arch}`

/** Bun's native publish: uWebSockets, in C++. */
export const bun: Peer = {
  name: 'bun',
  durable: false,
  promise: 'nothing stored, no numbers, no resume: fan-out alone, in C++',
  versions: () => npmVersions(PACKAGE),
  async start(_ground, signal) {
    const program = join(PEERS, 'node_modules', PACKAGE, 'bin', 'bun')
    if (!existsSync(program)) throw new PlainError(`bun: npm has no Bun for ${process.platform} ${process.arch} here.`)
    return await startHttpPeer('bun', [program, 'bun/server.mjs'], { signal, posts: { path: '/', ...PLAIN_TEXT } })
  },
}
