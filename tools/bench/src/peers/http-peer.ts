import { freePort } from '@parvis/stack/free-port'
import type { RunningPeer } from './peer.ts'
import { postOverHttp } from './post-over-http.ts'
import { startProgram } from './start-program.ts'

/** Starts a peer that listens on one port for its readers, at `/`, and for posts, by HTTP. */
export async function startHttpPeer(
  name: string,
  command: string[],
  options: {
    signal: AbortSignal
    env?: Record<string, string>
    posts: { path: string; headers: Record<string, string>; body(text: string, id: string): string }
  },
): Promise<RunningPeer & AsyncDisposable> {
  const port = await freePort()
  const program = await startProgram(name, command, {
    env: { PORT: String(port), ...options.env },
    signal: options.signal,
  })
  const { path, headers, body } = options.posts
  const httpPost = { url: `http://127.0.0.1:${port}${path}`, headers, body }
  const { post, close } = postOverHttp(httpPost)
  return {
    url: `ws://127.0.0.1:${port}/`,
    hello: [],
    httpPost,
    post,
    pids: () => [program.pid],
    async [Symbol.asyncDispose]() {
      close()
      await program[Symbol.asyncDispose]()
    },
  }
}

/** The text alone, as it is. */
export const PLAIN_TEXT = { headers: { 'content-type': 'text/plain' }, body: (text: string) => text }
