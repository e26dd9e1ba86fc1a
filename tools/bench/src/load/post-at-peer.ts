import { setTimeout as delay } from 'node:timers/promises'
import type { Ground } from '@parvis/stack/ground'
import { cpuMs } from '../cpu.ts'
import type { Peer } from '../peers/peer.ts'
import type { Readings } from '../suite.ts'
import { postByHttp } from './post-http.ts'
import { POST_TEXT } from './writers.ts'

const CONNECTIONS = 64
const WARM_UP_MS = 1_500

/**
 * Posts by HTTP at another system for some seconds, 64 requests at a time. Readings as of `postThrough`:
 * `postsPerSecond`, `cpuMs`, `postsPerCpuSecond`.
 * @param servers the servers it uses of those that it shares with others, such as MySQL
 */
export async function postAtPeer(
  peer: Peer,
  options: { ground: Ground; servers: readonly number[]; seconds: number; signal: AbortSignal },
): Promise<Readings> {
  await using running = await peer.start(options.ground, options.signal)
  const { httpPost } = running
  if (!httpPost) throw new Error(`${peer.name} takes no posts over HTTP`)
  const pids = [...running.pids(), ...options.servers]
  const load = () => postByHttp({ to: [httpPost], text: POST_TEXT, connections: CONNECTIONS, pipelined: 1 })
  {
    using warmUp = load()
    await delay(WARM_UP_MS)
    await warmUp.stop()
  }
  using measured = load()
  const [cpuBefore, started] = [cpuMs(pids), performance.now()]
  await delay(options.seconds * 1000)
  await measured.stop()
  const [took, cpu, accepted] = [performance.now() - started, cpuMs(pids) - cpuBefore, measured.accepted()]
  if (measured.refused() > 0) throw new Error(`${peer.name} refused ${measured.refused()} posts`)
  return {
    postsPerSecond: (accepted / took) * 1000,
    cpuMs: (cpu / accepted) * 1000,
    postsPerCpuSecond: (accepted / cpu) * 1000,
  }
}
