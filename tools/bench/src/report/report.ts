import type { Machine } from '../machine.ts'
import type { PeerDescription } from '../peers/describe-peers.ts'
import type { Figure } from '../suite.ts'

/** One suite's outcome. */
export interface SuiteReport {
  id: string
  title: string
  /** ISO 8601. */
  date: string
  /** Short rounds, small crowds. */
  quick: boolean
  figures: Figure[]
  notes: string[]
  /** Why there are no figures. */
  failure?: string
  seconds: number
  /** Processor time that the host took away meanwhile, all processors together. */
  stolenMs: number
}

/** One run of the bench, and what was kept of earlier ones. */
export interface Report {
  /** What was typed. */
  command: string
  machine: Machine
  /** The other systems; empty when none were measured. */
  others: PeerDescription[]
  suites: SuiteReport[]
}
