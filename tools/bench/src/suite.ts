import type { BenchServers } from './bench-servers.ts'

/** What one contender showed in one round: figures by their name, such as `cpuPerDelivery`. */
export type Readings = Record<string, number>

/** Who is measured: Parvis, a floor (the least that the machine allows for this work), or another system. */
export interface Contender {
  name: string
  kind: 'ours' | 'floor' | 'peer'
  /** One round, a few seconds; starts what it needs and leaves nothing behind. */
  measure(signal: AbortSignal): Promise<Readings>
}

/** The contenders' readings, round by round: round i of one was measured beside round i of the others. */
export type Measured = { name: string; kind: Contender['kind']; rounds: Readings[] }[]

/** One line of the table. */
export interface Figure {
  /** What was measured, with its conditions: `1,000 sockets, one post a second`. */
  what: string
  /** `µs`, `posts/s`, `ms`, `KiB`, … */
  unit: string
  /** One value a round. */
  ours: number[]
  /** The floors and peers, one value a round each, of the same rounds. */
  beside: { name: string; kind: 'floor' | 'peer'; values: number[] }[]
  goals: Goal[]
}

export interface Goal {
  /** In words, as the table shows it: `≤ 1.2 × raw net`. */
  says: string
  /** The value that is held against it, a median: of the figure, or of its ratios round by round. */
  value: number
  met: boolean
  /** The goal is the one to reach for, not the one to meet. */
  reach?: true
}

export interface Result {
  figures: Figure[]
  /** Sentences for below the table: what the load generator took, settings, what limits. */
  notes: string[]
}

export interface Bench {
  /** Shorter rounds and smaller crowds: all suites in ten minutes. */
  quick: boolean
  /** Whether the systems in `peers/` are measured too. */
  peers: boolean
  /** Real servers for this bench alone, shared by its suites. */
  servers: BenchServers
  /** One line of progress. */
  log(line: string): void
  signal: AbortSignal
}

/** One measure of the table, B1 to B15: a file in `suites/` each. */
export interface Suite {
  id: string
  title: string
  /** About how long it takes without peers, in seconds, for the progress display. */
  seconds: { quick: number; full: number }
  run(bench: Bench): Promise<Result>
}
