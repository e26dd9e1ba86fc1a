import type { Fault } from '../faults/fault.ts'
import type { Rewrite } from '../rewrite/rewrite.ts'
import type { World } from '../world.ts'

/** The system with one mistake in it, made while its sources are loaded: the storm must catch it. */
export interface Variant {
  name: string
  title: string
  rewrites: Rewrite[]
  /** In what the mistake shows. */
  faults: readonly Fault[]
  /** Codes of violations; one of them must be found, so that it is caught for what it is. */
  shows: string[]
  /** Posts a second, where more of them are needed. */
  rate?: number
  /** Why it cannot be made here; undefined when it can. */
  needs?: () => string | undefined
  /** What else is wrong in this world, once it is up. */
  prepare?: (world: World) => Promise<void>
}
