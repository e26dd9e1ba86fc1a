import type { Clock } from '../clock.ts'

export interface FakeClock extends Clock {
  /** Lets `ms` milliseconds pass, calling what falls due in order. */
  advance(ms: number): void
  /** How many calls are still to come. */
  pending(): number
}

/** A clock whose time passes only by `advance`. `random` gives 0.5 unless told otherwise. */
export function fakeClock(random: () => number = () => 0.5): FakeClock {
  let time = 1_700_000_000_000
  const timers = new Set<{ at: number; callback: () => void }>()
  return {
    now: () => time,
    random,
    after(ms, callback) {
      const timer = { at: time + ms, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      const end = time + ms
      for (;;) {
        const next = [...timers].filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        timers.delete(next)
        time = Math.max(time, next.at)
        next.callback()
      }
      time = end
    },
    pending: () => timers.size,
  }
}
