/** How often each value came, as pairs; the value is the middle of a bucket, within 1.6 %. */
export type Histogram = [value: number, count: number][]

/** One histogram of several. */
export function merge(histograms: readonly Histogram[]): Histogram {
  const counts = new Map<number, number>()
  for (const [value, count] of histograms.flat()) counts.set(value, (counts.get(value) ?? 0) + count)
  return [...counts].sort(([a], [b]) => a - b)
}

/** The value that this share of all is not above (0.99: p99); NaN of none. */
export function quantile(histogram: Histogram, share: number): number {
  const total = histogram.reduce((sum, [, count]) => sum + count, 0)
  let left = Math.ceil(total * share)
  for (const [value, count] of histogram) {
    left -= count
    if (left <= 0) return value
  }
  return Number.NaN
}

/** The same of single values, in any order. */
export function quantileOf(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? Number.NaN
}
