import { backoff, LONGEST_WAIT_MS } from './backoff.ts'

describe('backoff', () => {
  it('is quick at first, doubles its bound, and never passes 30 s', () => {
    const bounds = Array.from({ length: 8 }, (_, tries) => Math.round(backoff(tries, 0.999_999)))
    expect(bounds).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    expect(backoff(100_000, 0.999_999)).toBeLessThan(LONGEST_WAIT_MS)
  })

  it('may be any time from 0 to the bound', () => {
    expect(backoff(3, 0)).toBe(0)
    expect(backoff(3, 0.5)).toBe(4_000)
  })
})
