/** A steady rate and what may come at once on top of it. */
export interface Rate {
  perSecond: number
  burst: number
}

/** Keys remembered. One that was forgotten begins with a full burst, so forgetting the oldest is harmless. */
const REMEMBERED = 100_000

/**
 * Lets each key do something `perSecond` times a second, `burst` times at once (the generic cell rate algorithm of ITU-T
 * I.371: one number a key, the time at which its allowance is whole again). Synchronous, since posts that had to wait
 * for the answer could overtake each other.
 * @returns `take`: 0 when the key may, else the seconds until it may; a refusal costs it nothing
 */
export function createAllowance({ perSecond, burst }: Rate, now: () => number = performance.now.bind(performance)) {
  const stepMs = 1000 / perSecond
  const wholeAt = new Map<string, number>()

  return {
    take(key: string): number {
      const time = now()
      const whole = Math.max(wholeAt.get(key) ?? 0, time)
      const tooEarlyMs = whole + stepMs - time - burst * stepMs
      // A rounding error of a microsecond must not refuse what is due now.
      if (tooEarlyMs > 0.001) return tooEarlyMs / 1000
      wholeAt.delete(key)
      wholeAt.set(key, whole + stepMs)
      if (wholeAt.size > REMEMBERED) wholeAt.delete(wholeAt.keys().next().value!)
      return 0
    },
  }
}
