/** Time and chance, given to whatever waits, so that tests turn the hands themselves. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once after `ms` milliseconds; the function that it returns forgets the call. */
  after(ms: number, callback: () => void): () => void
  /** At least 0 and below 1. */
  random(): number
}

export const browserClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}
