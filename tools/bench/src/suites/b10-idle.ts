import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMs, residentKiB } from '../cpu.ts'
import { figureOf, holdTo } from '../figure.ts'
import { rawNet } from '../floors/raw-net.ts'
import { openCrowd } from '../load/crowd.ts'
import { type System, thatCanHold } from '../load/fan-out.ts'
import { startOurs } from '../ours.ts'
import { peers } from '../peers/all.ts'
import type { RunningPeer } from '../peers/peer.ts'
import type { Bench, Measured, Suite } from '../suite.ts'

/** One heartbeat of the gateway and a little: what is done for idle sockets is done once in it, at all of them. */
const IDLE_S = 26
const ALONE_S = { quick: 5, full: 10 }

interface Running {
  name: string
  kind: 'ours' | 'floor' | 'peer'
  server: RunningPeer
}

/** B10: what a socket costs that is open, subscribed, and gets nothing. */
export const idle: Suite = {
  id: 'B10',
  title: 'idle sockets',
  seconds: { quick: 45, full: 170 },
  async run(bench) {
    const sockets = bench.quick ? 2_000 : 10_000
    const measured: Measured = []
    for (let round = 0; round < (bench.quick ? 1 : 3); round++) {
      bench.log(`round ${round + 1}`)
      for (const { name, kind, readings } of await measureRound(bench, sockets)) {
        const one = measured.find((other) => other.name === name)
        if (one) one.rounds.push(readings)
        else measured.push({ name, kind, rounds: [readings] })
      }
    }
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
        `Resident memory of the server's processes before the sockets and ${IDLE_S} s after, per socket; CPU a second over those ${IDLE_S} s, less what the same processes used a second without sockets. The kernel's share of a socket is not in it.`,
      ],
    }
  },
}

/** All at the same time: who is idle takes nothing from the others, and all see the same minute of the machine. */
async function measureRound(bench: Bench, sockets: number) {
  const { quick, signal } = bench
  await using stack = new AsyncDisposableStack()
  const running: Running[] = []
  const start = async (kind: Running['kind'], { name, start }: System) => {
    const ground = stack.use(await bench.servers.freshGround())
    running.push({ name, kind, server: stack.use(await start(ground, signal)) })
  }
  await start('ours', { name: 'Parvis', start: (ground) => startOurs(ground, { signal }) })
  await start('floor', rawNet)
  for (const peer of bench.peers ? thatCanHold(sockets, peers) : []) {
    await start('peer', peer).catch((error: Error) => {
      if (signal.aborted) throw error
      bench.log(`${peer.name} could not be measured: ${error.message}`)
    })
  }
  const used = async (seconds: number) => {
    const look = () => running.map(({ server }) => cpuMs(server.pids()))
    const before = look()
    await sleep(seconds * 1000, undefined, { signal })
    return look().map((cpu, index) => (cpu - before[index]!) / seconds)
  }
  // What a start leaves to be collected is not the sockets'.
  await sleep(quick ? 2_000 : 5_000, undefined, { signal })
  const alone = await used(quick ? ALONE_S.quick : ALONE_S.full)
  const resident = () => running.map(({ server }) => server.pids().reduce((sum, pid) => sum + residentKiB(pid), 0))
  const before = resident()
  for (const { server } of running) stack.use(await openCrowd({ ...server, urls: [server.url], sockets, signal }))
  await sleep(2_000, undefined, { signal })
  const withSockets = await used(IDLE_S)
  const after = resident()
  return running.map(({ name, kind }, index) => ({
    name,
    kind,
    readings: {
      kib: (after[index]! - before[index]!) / sockets,
      cpu: ((withSockets[index]! - alone[index]!) * 1000) / sockets,
    },
  }))
}
