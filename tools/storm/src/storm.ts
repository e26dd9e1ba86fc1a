import { lockHome } from '@parvis/stack/home-lock'
import { type Log, PlainError } from '@parvis/stack/servers'
import { createRandom } from './random.ts'
import type { Rewrite } from './rewrite/rewrite.ts'
import { type RoundOptions, type RoundResult, runRound } from './round.ts'
import type { Second } from './timeline.ts'
import { openWorld, type World } from './world.ts'

export interface StormOptions {
  /** The folder for the data of the storm's own servers. */
  home: string
  seed: number
  rounds: readonly Pick<RoundOptions, 'name' | 'faults' | 'overlap' | 'untilMs'>[]
  /** Posts a second. */
  rate: number
  log: Log
  /** A broken variant's. */
  rewrites?: readonly Rewrite[]
  /** What is done to the world before the first round. */
  prepare?: (world: World) => Promise<void>
  patienceMs?: number
  /** How long each fault lasts, instead of its own time. */
  holdMs?: number
  /** Within what time posts must flow again after a fault. */
  recoveryMs?: number
  onSecond?: (second: Second) => void
  onRound?: (result: RoundResult) => void
  signal?: AbortSignal
}

/** Starts a world, lets the rounds rage in it one after the other, and takes it down. */
export async function runStorm(options: StormOptions): Promise<RoundResult[]> {
  const { home, seed, rounds, rate, log, rewrites, prepare, patienceMs, holdMs, recoveryMs } = options
  const { onSecond, onRound, signal } = options
  using lock = lockHome(home, 'wall')
  if (!lock) throw new PlainError(`A storm rages in ${home} already.`)
  await using world = await openWorld({
    home,
    log,
    random: createRandom(seed),
    ...(rewrites && { rewrites }),
    ...(signal && { signal }),
  })
  await prepare?.(world)
  const results: RoundResult[] = []
  for (const round of rounds) {
    if (signal?.aborted) break
    const why = round.faults.map((fault) => fault.needs?.(world))
    if (why.length > 0 && why.every(Boolean)) {
      log(`NOT RUN: ${round.name}, ${why[0]}`)
      continue
    }
    const result = await runRound(world, {
      ...round,
      rate,
      ...(patienceMs && { patienceMs }),
      ...(holdMs && { holdMs }),
      ...(recoveryMs && { recoveryMs }),
      ...(onSecond && { onSecond }),
      ...(signal && { signal }),
    })
    results.push(result)
    onRound?.(result)
  }
  return results
}
