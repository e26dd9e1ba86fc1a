import { SUBPROTOCOL } from '@parvis/contracts/live-protocol'
import type { Ground } from '@parvis/stack/ground'
import type { Counts } from '@parvis/stack/supervise'
import { type BenchWall, openBenchWall } from './bench-wall.ts'
import { openWallWriter } from './load/wall-writer.ts'
import type { RunningPeer } from './peers/peer.ts'

export const CHANNEL = 'bench'
export const SUBSCRIBE = JSON.stringify({ type: 'wall.subscribe', channel: CHANNEL })

export interface Ours extends RunningPeer {
  wall: BenchWall
  /** Every gateway's address for readers. */
  urls: string[]
}

/** A whole wall, as the peers look: readers of the channel `bench`, one writer over WebSockets at the first gateway. */
export async function startOurs(
  ground: Ground,
  options: { counts?: Partial<Counts>; env?: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Ours & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const wall = stack.use(await openBenchWall(ground, options))
  const urls = wall.gateways.map(({ url }) => `${url.replace('http', 'ws')}/ws`)
  const writer = await openWallWriter(wall.gateways[0]!.url, CHANNEL)
  stack.defer(() => writer.close())
  const own = stack.move()
  return {
    wall,
    urls,
    url: urls[0]!,
    subprotocol: SUBPROTOCOL,
    hello: [SUBSCRIBE],
    post: writer.post,
    // What delivers: the workers do what the peers of fan-out alone leave out.
    pids: () => wall.gateways.map(({ pid }) => pid),
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  }
}
