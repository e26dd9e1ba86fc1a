import { cpuMs } from '../cpu.ts'
import { figureOf } from '../figure.ts'
import { interleave } from '../interleave.ts'
import { getInTurn } from '../load/get-in-turn.ts'
import { getOnSchedule } from '../load/get-on-schedule.ts'
import { makeWall } from '../load/make-wall.ts'
import type { Contender, Figure, Readings } from '../suite.ts'
import type { Grown } from './b13-growth.ts'

const SMALL = 10_000
const MAKING_LIMIT_MS = 150_000
const OLD_PER_SECOND = 50

/** What a page costs on a small and on a large wall: the newest from memory, an old one by its sequence from MySQL. */
export async function wallFigures({ bench, ground, wall, gateway }: Grown): Promise<{
  newest: Figure
  old: Figure
  note: string
}> {
  const { signal, log } = bench
  const [rounds, seconds] = bench.quick ? [3, 1] : [5, 3]
  const wanted = bench.quick ? 100_000 : 10_000_000
  await makeWall(ground, { name: 'small', channels: 1, posts: SMALL })
  const large = await makeWall(ground, { name: 'large', channels: 1, posts: wanted, limitMs: MAKING_LIMIT_MS, log })
  const pid = wall.gateways[0]!.pid

  async function pagesOf(channel: string, posts: number): Promise<Readings> {
    const page = `${gateway}/posts?channel=${channel}`
    const cpu = cpuMs([pid])
    const { answers } = await getInTurn({ urls: [page], connections: 10, signal }, seconds)
    const newestMicros = ((cpuMs([pid]) - cpu) / answers) * 1000
    // Spread over all of the wall but its newest 1,000, which may be in memory.
    const count = Math.round(OLD_PER_SECOND * seconds)
    const before = Array.from(
      { length: count },
      (_, n) => 51 + Math.floor((((n * 7919) % count) / count) * (posts - 1_000)),
    )
    const urls = before.map((seq) => `${page}&before=${seq}`)
    const { p50Ms, p95Ms } = await getOnSchedule({ urls, connections: 10, signal }, OLD_PER_SECOND, count)
    return { newestMicros, oldP50Ms: p50Ms, oldP95Ms: p95Ms }
  }
  const [smallName, largeName] = ['10 thousand posts', `${(large / 1_000_000).toFixed(1)} million posts`]
  const contenders: Contender[] = [
    { name: largeName, kind: 'ours', measure: () => pagesOf('large-0', large) },
    { name: smallName, kind: 'floor', measure: () => pagesOf('small-0', SMALL) },
  ]
  log('warming up')
  for (const { measure } of contenders) await measure(signal)
  const measured = await interleave(contenders, rounds, bench)
  return {
    newest: figureOf(measured, 'newestMicros', `CPU of the gateway for the newest page of ${largeName}`, 'µs'),
    old: figureOf(measured, 'oldP95Ms', `p95 of an old page by sequence, of ${largeName}`, 'ms'),
    note:
      large < wanted
        ? `The large wall has ${large.toLocaleString('en')} posts: making it was stopped after ${MAKING_LIMIT_MS / 1000} s.`
        : `The large wall has ${large.toLocaleString('en')} posts, the small one ${SMALL.toLocaleString('en')}.`,
  }
}
