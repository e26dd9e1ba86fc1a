import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** A registry of one process, with Node's own figures. Its metrics are named `parvis_…`, in base units. */
export function createMetrics(service: string) {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    /** Each series starts at 0, so that a dashboard never misses one. */
    counter(name: string, help: string, labels: Record<string, readonly string[]> = {}) {
      const labelNames = Object.keys(labels)
      const counter = new Counter({ name, help, labelNames, registers })
      for (const [label, values] of Object.entries(labels))
        for (const value of values) counter.inc({ [label]: value }, 0)
      return counter
    },
    /** A counter with one label that is counted often: its numbers are to be raised by hand, and read when asked for. */
    tally<V extends string>(name: string, help: string, label: string, values: readonly V[]): Record<V, number> {
      const counts = Object.fromEntries(values.map((value) => [value, 0])) as Record<V, number>
      new Counter({
        name,
        help,
        labelNames: [label],
        registers,
        collect() {
          this.reset()
          for (const value of values) this.inc({ [label]: value }, counts[value])
        },
      })
      return counts
    },
    gauge: (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      }),
    histogram: (name: string, help: string, buckets: number[]) => new Histogram({ name, help, buckets, registers }),
  }
}
export type Metrics = ReturnType<typeof createMetrics>

/** Buckets for how many posts went through in one batch. */
export const batchBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
