import type { Sent } from '../load/journal.ts'
import type { Shown } from '../load/reader.ts'

/** A row of MySQL, as the checker needs it. */
export interface StoredFact {
  seq: number
  id: string
  clientId: string
  author: string
  text: string
  digest: string
}

/** Everything that is known when the storm is over. The checker looks at nothing else. */
export interface Facts {
  sent: Iterable<Sent>
  /** What writers and readers found wrong at once. */
  faults: { code: string; message: string }[]
  /** By channel, in the order of `seq`. */
  stored: Map<string, StoredFact[]>
  /** `channels.last_seq`. */
  lastSeq: Map<string, number>
  /** By post id. */
  refusals: Map<string, { status: string; code: string }>
  parked: { body: string; reason: string; queue: string }[]
  /** Bodies that were sent to be parked: each must be, and nothing else may. */
  poison: Set<string>
  readers: { name: string; shown: Map<string, Shown> }[]
  /** What Redis holds: the newest entries, ascending. */
  windows: Map<string, { first: number; last: number; digests: string[] }>
  /** What `GET /posts` gave, from the first entry to the last, on each gateway. */
  pages: { gateway: string; channel: string; digests: string[] }[]
  queues: { name: string; messages: number }[]
  memory: { name: string; peakMiB: number; limitMiB: number }[]
  /** Time until posts flowed again after each fault; undefined: not within the limit. */
  recoveries: Recovery[]
  /** What faults themselves promised and looked at. */
  expectations: { what: string; ok: boolean; detail: string }[]
}

export interface Recovery {
  fault: string
  ms: number | undefined
  /** How posts were answered from the fault's beginning to its end. */
  during?: { ms: number; accepted: number; notDurable: number; later: number; lost: number }
  /** From the fault's end until the last post that was accepted before it had been shown. */
  caughtUpMs?: number
}

export interface Violation {
  code: string
  message: string
}
