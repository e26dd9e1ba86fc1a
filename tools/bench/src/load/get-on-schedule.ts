import { execa } from 'execa'
import { compileC } from './compile-c.ts'
import type { GetLoad } from './get-in-turn.ts'

/** After the last question was due: the program gives up after 10 s without the answers. */
const ANSWERS_MS = 15_000

export interface Latencies extends Record<string, number> {
  p50Ms: number
  p95Ms: number
  p99Ms: number
  wrongPercent: number
}

/**
 * Asks `count` questions on a schedule that waits for nobody; a latency counts from when the question was due, so one
 * that found no free connection counts its wait. By a program in C (`tools/bench/asker`): Node's timers come up to a
 * millisecond late. Rejects if an answer is wrong, unless that is tolerated, and when answers do not come in 10 s.
 */
export async function getOnSchedule(
  load: GetLoad & { tolerant?: true },
  perSecond: number,
  count: number,
): Promise<Latencies> {
  const { hostname, port } = new URL(load.urls[0]!)
  const wanted = load.source ? `x-parvis-source: ${load.source}` : ''
  const { stdout } = await execa(
    await compileC('asker'),
    [hostname, port, String(perSecond), String(count), String(load.connections), wanted],
    {
      input: `${load.urls.map(pathOf).join('\n')}\n`,
      cancelSignal: load.signal,
      timeout: Math.ceil((count / perSecond) * 1000) + ANSWERS_MS,
    },
  )
  const { p50Us, p95Us, p99Us, wrong, firstWrong } = JSON.parse(stdout)
  if (wrong > 0 && !load.tolerant) throw new Error(`${wrong} of ${count} answers are wrong, the first: ${firstWrong}`)
  return { p50Ms: p50Us / 1000, p95Ms: p95Us / 1000, p99Ms: p99Us / 1000, wrongPercent: (wrong / count) * 100 }
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}
