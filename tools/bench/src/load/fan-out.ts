import type { Ground } from '@parvis/stack/ground'
import { startOurs } from '../ours.ts'
import type { Peer, RunningPeer } from '../peers/peer.ts'
import type { Bench, Contender, Readings } from '../suite.ts'
import type { Crowd } from './crowd.ts'
import { openSettledCrowd } from './measure-crowd.ts'

/** What is measured: Parvis, a floor or a peer. */
export type System = Pick<Peer, 'name' | 'start'>

type Measure = (running: RunningPeer, crowd: Crowd, signal: AbortSignal) => Promise<Readings>

/** Parvis, these floors and these peers as contenders for one crowd, each started anew for each round. */
export function fanOutContenders(
  bench: Bench,
  options: { sockets: number; floors: readonly System[]; peers: readonly System[]; measure: Measure },
): Contender[] {
  const { sockets, floors, peers, measure } = options
  const ours: System = { name: 'Parvis', start: (ground, signal) => startOurs(ground, { signal }) }
  const contender =
    (kind: Contender['kind']) =>
    ({ name, start }: System): Contender => ({
      name,
      kind,
      async measure(signal) {
        await using ground = await bench.servers.freshGround()
        try {
          return await measureOne({ ground, start, sockets, measure, signal })
        } catch (error) {
          if (kind !== 'peer' || signal.aborted) throw error
          // One that this machine cannot have, or that cannot do it: the others are measured all the same.
          bench.log(`${name} could not be measured: ${(error as Error).message}`)
          return {}
        }
      },
    })
  return [
    contender('ours')(ours),
    ...floors.map(contender('floor')),
    ...(bench.peers ? peers.map(contender('peer')) : []),
  ]
}

async function measureOne(options: {
  ground: Ground
  start: Peer['start']
  sockets: number
  measure: Measure
  signal: AbortSignal
}): Promise<Readings> {
  const { ground, start, sockets, measure, signal } = options
  await using running = await start(ground, signal)
  await using crowd = await openSettledCrowd(running, sockets, { signal })
  return await measure(running, crowd, signal)
}
