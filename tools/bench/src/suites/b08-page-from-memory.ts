import { openBenchWall } from '../bench-wall.ts'
import { cpuMs } from '../cpu.ts'
import { figureOf, holdAgainst, holdTo } from '../figure.ts'
import { startFloor } from '../floors/run-floor.ts'
import { interleave } from '../interleave.ts'
import { fillChannel } from '../load/fill-channel.ts'
import { type GetLoad, getInTurn } from '../load/get-in-turn.ts'
import { getOnSchedule } from '../load/get-on-schedule.ts'
import { takeToken } from '../load/writers.ts'
import type { Contender, Readings, Suite } from '../suite.ts'

const FLOOR = 'constant route'
const PER_SECOND = 2_000

/** B8: the newest page of a channel that the gateway has in memory. */
export const pageFromMemory: Suite = {
  id: 'B8',
  title: 'The newest page, from the gateway’s memory',
  seconds: { quick: 25, full: 157 },
  async run(bench) {
    const { signal } = bench
    const [rounds, seconds] = bench.quick ? [3, 1.5] : [9, 4]
    await using ground = await bench.servers.freshGround()
    await using wall = await openBenchWall(ground, { signal })
    const gateway = wall.gateways[0]!
    await fillChannel(gateway.url, await takeToken(gateway.url), 'wall', 100)
    const url = `${gateway.url}/posts`
    const page = await (await fetch(url)).text()
    await using floor = await startFloor('fastify-page', { page })
    const pages = { connections: 50, signal }
    const ours = { ...pages, urls: [url], source: 'memory' as const }
    const constant = { ...pages, urls: [`${floor.url}/posts`] }
    const contenders: Contender[] = [
      { name: 'Parvis', kind: 'ours', measure: () => readings(ours, gateway.pid, seconds) },
      { name: FLOOR, kind: 'floor', measure: () => readings(constant, floor.pid, seconds) },
    ]
    bench.log('warming up')
    for (const load of [ours, constant]) await getInTurn(load, 2)
    const measured = await interleave(contenders, rounds, bench)
    const rate = figureOf(measured, 'perSecond', 'pages a second, 50 connections, as fast as they come', 'pages/s')
    holdAgainst(rate, FLOOR, { atLeast: 0.85 })
    holdAgainst(rate, FLOOR, { atLeast: 0.95, reach: true })
    const late = figureOf(measured, 'p99Ms', 'p99 at 2,000 pages a second, on a schedule', 'ms')
    holdTo(late, { atMost: 1 })
    const cpu = figureOf(measured, 'cpuMicros', 'CPU of the process for a page', 'µs')
    const size = `A page of 50 posts, ${(page.length / 1024).toFixed(1)} KiB.`
    return { figures: [rate, late, cpu], notes: [size] }
  },
}

async function readings(load: GetLoad, pid: number, seconds: number): Promise<Readings> {
  const cpu = cpuMs([pid])
  const { answers, perSecond } = await getInTurn(load, seconds)
  const cpuMicros = ((cpuMs([pid]) - cpu) / answers) * 1000
  return { perSecond, cpuMicros, ...(await getOnSchedule(load, PER_SECOND, PER_SECOND * seconds)) }
}
