// A process that fails at once is tried again soon, but not so often that its log cannot be read.
const FIRST_MS = 500
const LAST_MS = 10_000
const HEALTHY_MS = 30_000

/** Gives a function of how long a process lived, which says how long to wait before it is started again, both in ms. */
export function createBackOff(): (livedMs: number) => number {
  let next = FIRST_MS
  return (livedMs) => {
    if (livedMs >= HEALTHY_MS) next = FIRST_MS
    const wait = next
    next = Math.min(next * 2, LAST_MS)
    return wait
  }
}
