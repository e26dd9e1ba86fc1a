import { readLastSeqs } from './check/collect.ts'
import type { Journal } from './load/journal.ts'
import type { World } from './world.ts'

/** What happened in one second. */
export interface Second {
  at: number
  /** Totals of this round so far. */
  accepted: number
  stored: number
  seen: number
  /** From acceptance to first sight, of the posts first seen in this second; in ms, 0 when there were none. */
  p50: number
  p99: number
  /** The fault that rages, or what the round is doing. */
  now: string
}

interface Raged {
  name: string
  from: number
  healed: number
  flowing: number | undefined
}

export interface Timeline {
  seconds: Second[]
  faults: Raged[]
}

/** Watches a round second by second. */
export function watchTimeline(
  world: World,
  { journal, channels, onSecond }: { journal: Journal; channels: string[]; onSecond?: (second: Second) => void },
) {
  const timeline: Timeline = { seconds: [], faults: [] }
  const start = Date.now()
  const since = () => Date.now() - start
  let now = 'calm'
  let stored = 0
  let counting = false

  // MySQL may be away or frozen: what it last said stands meanwhile.
  const count = async () => {
    if (counting) return
    counting = true
    try {
      stored = [...(await readLastSeqs(world, channels)).values()].reduce((sum, last) => sum + last, 0)
    } catch {
    } finally {
      counting = false
    }
  }
  const timer = setInterval(() => {
    void count()
    const { accepted, seen } = journal.counts()
    const latencies = journal.takeLatencies().sort((a, b) => a - b)
    const of = (part: number) => Math.max(0, latencies[Math.floor(latencies.length * part)] ?? 0)
    const second: Second = { at: since(), accepted, stored, seen, p50: of(0.5), p99: of(0.99), now }
    timeline.seconds.push(second)
    onSecond?.(second)
  }, 1_000)

  return {
    begin(name: string) {
      now = name
      timeline.faults.push({ name, from: since(), healed: since(), flowing: undefined })
    },
    heal(name: string) {
      now = `${name} is over`
      timeline.faults.at(-1)!.healed = since()
    },
    end(ms: number | undefined) {
      now = 'calm'
      const last = timeline.faults.at(-1)!
      if (ms !== undefined) last.flowing = last.healed + ms
    },
    phase(name: string) {
      now = name
    },
    take: () => timeline,
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
