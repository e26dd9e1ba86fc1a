import { setTimeout as delay } from 'node:timers/promises'
import { openBenchWall } from '../bench-wall.ts'
import { cpuMs } from '../cpu.ts'
import { figureOf, holdAgainst, median } from '../figure.ts'
import { startFloor } from '../floors/run-floor.ts'
import { interleave } from '../interleave.ts'
import { type HttpPost, postByHttp } from '../load/post-http.ts'
import { channelPerPartition, httpPosts, takeToken, POST_TEXT as text } from '../load/writers.ts'
import type { Contender, Readings, Suite } from '../suite.ts'

const FLOOR = 'validated constant route'

/** B7: what a post over HTTP costs the gateway, answered when the broker has confirmed it. */
export const postAnswer: Suite = {
  id: 'B7',
  title: 'POST /posts, answered after the confirm, per core',
  seconds: { quick: 22, full: 85 },
  async run(bench) {
    const [rounds, seconds] = bench.quick ? [3, 2] : [5, 6]
    await using ground = await bench.servers.freshGround()
    await using wall = await openBenchWall(ground, { signal: bench.signal })
    await using floor = await startFloor('fastify-post', {})
    const gateway = wall.gateways[0]!
    const to = httpPosts(gateway.url, await takeToken(gateway.url), channelPerPartition('answer'))
    // The same request to both, but for its address.
    const toFloor = to.map((post) => ({ ...post, url: `${floor.url}/posts` }))
    const contenders: Contender[] = [
      { name: 'Parvis', kind: 'ours', measure: () => answers(to, gateway.pid, seconds) },
      { name: FLOOR, kind: 'floor', measure: () => answers(toFloor, floor.pid, seconds) },
    ]
    bench.log('warming up')
    for (const { measure } of contenders) await measure(bench.signal)
    const measured = await interleave(contenders, rounds, bench)
    const perCore = figureOf(measured, 'perCpuSecond', 'answers for each second of CPU of the process', 'posts/CPU s')
    holdAgainst(perCore, FLOOR, { atLeast: 0.4 })
    holdAgainst(perCore, FLOOR, { atLeast: 0.6, reach: true })
    const rate = figureOf(measured, 'perSecond', 'answers a second', 'posts/s')
    const share = median(measured.flatMap((one) => one.rounds.map((round) => round.generatorPercent ?? 0)))
    const note = `256 connections with one request on each; the generator took ${share.toFixed(0)} % of a core.`
    return { figures: [perCore, rate], notes: [note] }
  },
}

async function answers(to: readonly HttpPost[], pid: number, seconds: number): Promise<Readings> {
  const [cpu, own, started] = [cpuMs([pid]), process.cpuUsage(), performance.now()]
  using load = postByHttp({ to, text, connections: 256, pipelined: 1 })
  await delay(seconds * 1000)
  await load.stop()
  const ms = performance.now() - started
  const { user, system } = process.cpuUsage(own)
  if (load.refused() > 0) throw new Error(`${load.refused()} posts were refused`)
  const perSecond = (load.accepted() / ms) * 1000
  const perCpuSecond = (load.accepted() / (cpuMs([pid]) - cpu)) * 1000
  return { perSecond, perCpuSecond, generatorPercent: (user + system) / 10 / ms }
}
