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
const HEARTBEAT_S = 26
/**
 * V8 collects what a start or a wave of arrivals has left, and gives the room back, when it has collected nothing for
 * 100 s; it looks every 8 s. Before that a gateway with 10,000 sockets has some 100 MiB of garbage and empty pages.
 */
const SETTLED_S = 135

interface Running {
  name: string
  kind: 'ours' | 'floor' | 'peer'
  server: RunningPeer
}

/** B10: what a socket costs that is open, subscribed, and gets nothing. */
export const idle: Suite = {
  id: 'B10',
  title: 'idle sockets',
  seconds: { quick: 45, full: 300 },
  async run(bench) {
    const sockets = bench.quick ? 2_000 : 10_000
    const seconds = bench.quick ? { alone: 5, idle: HEARTBEAT_S } : { alone: SETTLED_S, idle: SETTLED_S }
    const measured = await measureIdle(bench, { sockets, seconds, rounds: bench.quick ? 1 : 3 })
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
        `Resident memory of the server's processes after ${seconds.alone} s without sockets, and ${seconds.idle} s after they came, per socket; CPU a second over those ${seconds.idle} s, less what the same processes used a second without sockets. The kernel's share of a socket is not in it. All rounds run at the same time.`,
        ...(bench.quick
          ? [`So soon, much of it is what the arrivals left to be collected; the full run waits ${SETTLED_S} s.`]
          : []),
      ],
    }
  },
}

/** All at the same time: who is idle takes nothing from the others, and all see the same minutes of the machine. */
async function measureIdle(
  bench: Bench,
  { sockets, seconds, rounds }: { sockets: number; seconds: { alone: number; idle: number }; rounds: number },
): Promise<Measured> {
  const { log, signal } = bench
  await using stack = new AsyncDisposableStack()
  const running: Running[] = []
  const start = async (kind: Running['kind'], { name, start }: System) => {
    const ground = stack.use(await bench.servers.freshGround())
    running.push({ name, kind, server: stack.use(await start(ground, signal)) })
  }
  for (let round = 1; round <= rounds; round++) {
    log(`all of round ${round} of ${rounds} begin`)
    await start('ours', { name: 'Parvis', start: (ground) => startOurs(ground, { signal }) })
    await start('floor', rawNet)
    for (const peer of bench.peers ? thatCanHold(sockets, peers) : []) {
      await start('peer', peer).catch((error: Error) => {
        if (signal.aborted) throw error
        log(`${peer.name} could not be measured: ${error.message}`)
      })
    }
  }
  const used = async (seconds: number) => {
    const look = () => running.map(({ server }) => cpuMs(server.pids()))
    const before = look()
    await sleep(seconds * 1000, undefined, { signal })
    return look().map((cpu, index) => (cpu - before[index]!) / seconds)
  }
  const resident = () => running.map(({ server }) => server.pids().reduce((sum, pid) => sum + residentKiB(pid), 0))
  // A start is not over with the first answer.
  await sleep(2_000, undefined, { signal })
  log(`${seconds.alone} s without sockets`)
  const alone = await used(seconds.alone)
  const before = resident()
  for (const { name, server } of running) {
    log(`${sockets.toLocaleString('en')} sockets at ${name}`)
    stack.use(await openCrowd({ ...server, urls: [server.url], sockets, signal }))
  }
  await sleep(2_000, undefined, { signal })
  log(`${seconds.idle} s with idle sockets`)
  const withSockets = await used(seconds.idle)
  const after = resident()
  const readings = running.map(({ name, kind }, index) => ({
    name,
    kind,
    round: {
      kib: (after[index]! - before[index]!) / sockets,
      cpu: ((withSockets[index]! - alone[index]!) * 1000) / sockets,
    },
  }))
  return [...Map.groupBy(readings, ({ name }) => name).values()].map((of) => ({
    name: of[0]!.name,
    kind: of[0]!.kind,
    rounds: of.map(({ round }) => round),
  }))
}
