import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { build } from 'hdr-histogram-js'
import { type GetConnection, getRequest, openGetConnection } from './get-connection.ts'

/** After the last question, how long answers may take. */
const ANSWERS_MS = 10_000

export interface GetLoad {
  /** Addresses, asked in turn. */
  urls: readonly string[]
  connections: number
  signal: AbortSignal
  /** What is wrong with an answer, by its head; any 200 is right when absent. */
  fault?: (head: string) => string | undefined
  /** Answers that are wrong are counted (`wrongPercent`) rather than a reason to reject. */
  tolerant?: true
}

export interface Latencies extends Record<string, number> {
  p50Ms: number
  p95Ms: number
  p99Ms: number
  wrongPercent: number
}

/** Asks as fast as answers come, one question on each connection, for so many seconds. Rejects if an answer is wrong. */
export async function getInTurn(load: GetLoad, seconds: number): Promise<{ answers: number; perSecond: number }> {
  const requests = load.urls.map(getRequest)
  const judge = createJudge(load)
  let asked = 0
  const ask = (connection: GetConnection) => connection.ask(requests[asked++ % requests.length]!)
  const connections = Array.from({ length: load.connections }, () => {
    const connection = openGetConnection(load.urls[0]!, (head) => {
      judge.see(head)
      ask(connection)
    })
    return connection
  })
  const started = performance.now()
  connections.forEach(ask)
  await delay(seconds * 1000)
  const perSecond = (judge.seen() / (performance.now() - started)) * 1000
  const answers = judge.seen()
  close(connections)
  load.signal.throwIfAborted()
  judge.throwIfWrong()
  return { answers, perSecond }
}

/**
 * Asks `count` questions on a schedule that waits for nobody; a latency counts from when the question was due, so one
 * that found no free connection counts its wait. The schedule is kept by a loop that never sleeps (Node's timers come up
 * to a millisecond late), so this takes a whole processor while it runs. Rejects if an answer is wrong.
 */
export async function getOnSchedule(load: GetLoad, perSecond: number, count: number): Promise<Latencies> {
  const requests = load.urls.map(getRequest)
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 })
  const judge = createJudge(load)
  const begin = performance.now() + 20
  const dueAt = (index: number) => begin + (index * 1000) / perSecond
  const free: ((index: number) => void)[] = []
  const connections = Array.from({ length: load.connections }, () => {
    let current = 0
    const take = (index: number) => {
      current = index
      connection.ask(requests[index % requests.length]!)
    }
    const connection = openGetConnection(load.urls[0]!, (head) => {
      histogram.recordValue(Math.max(1, Math.round((performance.now() - dueAt(current)) * 1000)))
      judge.see(head)
      free.push(take)
    })
    free.push(take)
    return connection
  })
  try {
    for (let next = 0; judge.seen() < count; await turn()) {
      const now = performance.now()
      while (next < count && free.length > 0 && dueAt(next) <= now) free.pop()!(next++)
      if (now > dueAt(count) + ANSWERS_MS) throw new Error(`${count - judge.seen()} answers did not come in 10 s`)
      load.signal.throwIfAborted()
    }
  } finally {
    close(connections)
  }
  judge.throwIfWrong()
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1000
  return { p50Ms: at(50), p95Ms: at(95), p99Ms: at(99), wrongPercent: (judge.wrong() / count) * 100 }
}

/** For pages of a gateway: what is wrong with one that was read elsewhere. */
export function readFrom(source: 'memory' | 'redis' | 'mysql'): NonNullable<GetLoad['fault']> {
  const wanted = `x-parvis-source: ${source}`
  return (head) => (head.includes(wanted) ? undefined : (/x-parvis-source: \w+/.exec(head)?.[0] ?? 'no source'))
}

/** Counts answers and remembers the first that is wrong. */
function createJudge({ fault, tolerant }: GetLoad) {
  let [seen, wrong] = [0, 0]
  let first: string | undefined
  return {
    seen: () => seen,
    wrong: () => wrong,
    see(head: string): void {
      seen++
      const why = head.startsWith('HTTP/1.1 200') ? fault?.(head) : head.slice(0, 40)
      if (why === undefined) return
      wrong++
      first ??= why
    },
    throwIfWrong(): void {
      if (first !== undefined && !tolerant)
        throw new Error(`${wrong} of ${seen} answers are wrong, the first: ${first}`)
    },
  }
}

function close(connections: readonly GetConnection[]): void {
  for (const connection of connections) connection[Symbol.dispose]()
}
