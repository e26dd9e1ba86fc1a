import type { Suite } from './suite.ts'

/**
 * Lines such as `3/15 B5 durable posts end to end, round 2 of 6: raw net … about 4 min left`.
 * @param now the time in ms, from any beginning
 */
export function createProgress(
  suites: readonly Suite[],
  quick: boolean,
  options: { say: (line: string) => void; now?: () => number },
) {
  const { say, now = () => performance.now() } = options
  const expected = (suite: Suite) => suite.seconds[quick ? 'quick' : 'full']
  let index = -1
  let began = 0

  function left(): string {
    const current = suites[index]
    const rest = suites.slice(index + 1).reduce((sum, suite) => sum + expected(suite), 0)
    const ofThis = current ? Math.max(0, expected(current) - (now() - began) / 1000) : 0
    const seconds = rest + ofThis
    if (seconds === 0) return 'nearly done'
    return seconds < 90 ? `about ${Math.ceil(seconds / 10) * 10} s left` : `about ${Math.round(seconds / 60)} min left`
  }

  return {
    /** The next suite begins. */
    next(): void {
      index++
      began = now()
    },
    /** What goes on in it now. */
    log(line: string): void {
      const { id, title } = suites[index] as Suite
      say(`${index + 1}/${suites.length} ${id} ${title}, ${line} … ${left()}`)
    },
  }
}
