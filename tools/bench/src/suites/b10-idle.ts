import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMs, residentKiB } from '../cpu.ts'
import { figureOf, holdTo } from '../figure.ts'
import { rawNet } from '../floors/raw-net.ts'
import { interleave } from '../interleave.ts'
import { openCrowd } from '../load/crowd.ts'
import type { System } from '../load/fan-out.ts'
import { startOurs } from '../ours.ts'
import { peers } from '../peers/all.ts'
import type { Bench, Contender, Readings, Suite } from '../suite.ts'

/** One heartbeat of the gateway and a little: what is done for idle sockets is done once in it. */
const IDLE_S = 26

/** B10: what a socket costs that is open, subscribed, and gets nothing. */
export const idle: Suite = {
  id: 'B10',
  title: 'idle sockets',
  seconds: { quick: 75, full: 420 },
  async run(bench) {
    const sockets = bench.quick ? 2_000 : 10_000
    const ours: System = { name: 'Parvis', start: (ground, signal) => startOurs(ground, { signal }) }
    const contender = (kind: Contender['kind'], system: System): Contender => ({
      name: system.name,
      kind,
      measure: () => measureIdle(bench, system, sockets),
    })
    const measured = await interleave(
      [
        contender('ours', ours),
        contender('floor', rawNet),
        ...(bench.peers ? peers.map((peer) => contender('peer', peer)) : []),
      ],
      bench.quick ? 1 : 3,
      bench,
    )
    const crowd = `${sockets.toLocaleString('en')} idle sockets`
    const memory = figureOf(measured, 'kib', `Memory of a socket, ${crowd}`, 'KiB')
    holdTo(memory, { atMost: 10 })
    holdTo(memory, { atMost: 7, reach: true })
    const cpu = figureOf(measured, 'cpu', `CPU a second of a socket, ${crowd}`, 'µs')
    holdTo(cpu, { atMost: 4.7 })
    holdTo(cpu, { atMost: 2.2, reach: true })
    return {
      figures: [memory, cpu],
      notes: [
        `Resident memory of the server's processes before the sockets and ${IDLE_S} s after, per socket; CPU over those ${IDLE_S} s less what the same processes used as long without sockets. The kernel's share of a socket is not in it.`,
      ],
    }
  },
}

async function measureIdle({ quick, servers, signal }: Bench, { start }: System, sockets: number): Promise<Readings> {
  await using ground = await servers.freshGround()
  await using running = await start(ground, signal)
  const pids = running.pids()
  const resident = () => pids.reduce((sum, pid) => sum + residentKiB(pid), 0)
  const spent = async (seconds: number) => {
    const before = cpuMs(pids)
    await sleep(seconds * 1000, undefined, { signal })
    return (cpuMs(pids) - before) / seconds
  }
  // What a start leaves to be collected is not the sockets'.
  await sleep(quick ? 2_000 : 5_000, undefined, { signal })
  const alone = await spent(quick ? 5 : IDLE_S)
  const before = resident()
  await using _crowd = await openCrowd({ ...running, urls: [running.url], sockets, signal })
  await sleep(2_000, undefined, { signal })
  const withSockets = await spent(IDLE_S)
  return {
    kib: (resident() - before) / sockets,
    cpu: ((withSockets - alone) * 1000) / sockets,
  }
}
