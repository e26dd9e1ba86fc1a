import { startOurs } from '../ours.ts'
import type { Peer, RunningPeer } from '../peers/peer.ts'
import type { Bench, Contender, Readings } from '../suite.ts'
import type { Crowd } from './crowd.ts'
import { openSettledCrowd, settle } from './measure-crowd.ts'

/** What is measured: Parvis, a floor or a peer. */
export type System = Pick<Peer, 'name' | 'start' | 'mostSockets'>

type Measure = (running: RunningPeer, crowd: Crowd, signal: AbortSignal) => Promise<Readings>

/** Those that can be measured with so large a crowd. */
export function thatCanHold(sockets: number, systems: readonly System[]): System[] {
  return systems.filter(({ mostSockets = Number.POSITIVE_INFINITY }) => sockets <= mostSockets)
}

/** Contenders that are started, each with a crowd of its own; disposal ends them. */
export interface FanOut extends AsyncDisposable {
  contenders: Contender[]
}

/**
 * Starts Parvis, these floors and these peers, one crowd each, and keeps them until disposal: a round measures code
 * that is warm, and no start. Who is not being measured is idle meanwhile, which is a few per cent of a core for
 * 10,000 sockets (B10), for every contender alike.
 * @param warm once for each, before the first round
 */
export async function openFanOut(
  bench: Bench,
  options: {
    sockets: number
    floors: readonly System[]
    peers: readonly System[]
    warm?: (running: RunningPeer, crowd: Crowd, signal: AbortSignal) => Promise<unknown>
    measure: Measure
  },
): Promise<FanOut> {
  const { signal, log } = bench
  const { sockets, floors, peers, warm, measure } = options
  await using stack = new AsyncDisposableStack()
  const ours: System = { name: 'Parvis', start: (ground) => startOurs(ground, { signal }) }

  async function open({ name, start }: System): Promise<Contender['measure']> {
    log(`${name} begins, with ${sockets.toLocaleString('en')} sockets`)
    await using parts = new AsyncDisposableStack()
    const ground = parts.use(await bench.servers.freshGround())
    const running = parts.use(await start(ground, signal))
    const crowd = parts.use(await openSettledCrowd(running, sockets, { signal }))
    await warm?.(running, crowd, signal)
    await settle(running.post, crowd, signal)
    stack.use(parts.move())
    return async () => {
      const readings = await measure(running, crowd, signal)
      // What an overload has left is neither the next round's nor the next contender's.
      await settle(running.post, crowd, signal)
      return readings
    }
  }

  /** One that this machine cannot have, or that cannot do it, is told; the others are measured all the same. */
  function tolerantly<T>(name: string, attempt: () => Promise<T>): Promise<T | undefined> {
    return attempt().catch((error: Error) => {
      if (signal.aborted) throw error
      log(`${name} could not be measured: ${error.message}`)
      return undefined
    })
  }

  const contenders: Contender[] = [{ name: ours.name, kind: 'ours', measure: await open(ours) }]
  for (const floor of floors) contenders.push({ name: floor.name, kind: 'floor', measure: await open(floor) })
  for (const peer of bench.peers ? thatCanHold(sockets, peers) : []) {
    const measureIt = await tolerantly(peer.name, () => open(peer))
    contenders.push({
      name: peer.name,
      kind: 'peer',
      measure: async () => (measureIt && (await tolerantly(peer.name, () => measureIt(signal)))) ?? {},
    })
  }
  const own = stack.move()
  return { contenders, [Symbol.asyncDispose]: () => own.disposeAsync() }
}
