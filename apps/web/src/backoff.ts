/** The longest that `backoff` makes anyone wait, in milliseconds; what a server asks for comes on top. */
export const LONGEST_WAIT_MS = 30_000

/**
 * How long to wait before the next try: full jitter, any time from 0 to a bound that doubles with each try, so
 * that a thousand pages that lost the same server do not come back in the same second.
 * @param tries tries that failed since the last good connection, 0 before the first retry
 * @param firstMs the bound for the first retry, in milliseconds
 * @param random at least 0 and below 1
 * @returns milliseconds, below LONGEST_WAIT_MS
 */
export function backoff(tries: number, random: number, firstMs = 1_000): number {
  // 2^15 s is far past the longest wait; the cap keeps the power finite after a night of tries.
  return random * Math.min(LONGEST_WAIT_MS, firstMs * 2 ** Math.min(tries, 15))
}
