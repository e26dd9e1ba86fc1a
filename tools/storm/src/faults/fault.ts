import type { Round } from '../round.ts'
import type { World } from '../world.ts'

/**
 * What a fault meddles with, or cannot be without: two rage together only when that is not the same. A worker is not
 * killed before its ack where nothing reaches it, and none starts while the broker is away.
 */
type Touched = 'broker' | 'mysql' | 'redis' | 'worker' | 'gateway' | 'clients'

/** One way in which the world goes wrong. */
export interface Fault {
  /** Its number in the list of faults of docs/reliability.md. */
  number: number
  /** Unique: `1-broker-killed`. */
  name: string
  title: string
  touches: Touched[]
  /** How long it lasts between `inject` and `heal`, in ms. */
  holdMs: number
  /** Why it cannot be in this world; undefined when it can. */
  needs?: (world: World) => string | undefined
  inject(world: World, round: Round): Promise<void>
  /** Makes it good again; called whatever `inject` did. */
  heal?(world: World, round: Round): Promise<void>
}
