import type { Outgoing } from '@parvis/contracts/outgoing'
import type { Logger } from 'pino'
import { explain, isTooSlow, isTransient } from './errors.ts'
import { backOffMs, pause } from './wait.ts'

/** The batch was left because its deliveries are no longer ours: whoever gets them next does it again. */
export class AbandonedError extends Error {
  override name = 'AbandonedError'
}

export interface BatchWork<T> {
  /** Does the work and returns the messages that it causes. */
  handle: (items: readonly T[]) => Promise<Outgoing[]>
  publishAll: (messages: readonly Outgoing[]) => Promise<void>
  /** Sets one item aside for a person; resolves when the broker holds it. */
  park: (item: T, reason: string) => Promise<void>
  /** Tells those who wait for an item that it was parked. A step of its own: its repeats must not park once more. */
  tellParked: (item: T, reason: string) => Promise<void>
  log: Logger
  /** Aborted when the deliveries are lost or the process must end. */
  signal: AbortSignal
}

/**
 * Handles a batch until each of its items is done or parked.
 * A transient failure repeats the same items in place, in order, for as long as it takes; any other failure halves the
 * batch down to the one item that fails, which alone is parked. A batch that ran out of time is not halved, since each
 * half could use up the same time again: its items run one by one.
 * Throws an AbandonedError, or what kept an item from being parked: nothing of the batch may be acked then.
 */
export async function handleBatch<T>(work: BatchWork<T>, items: readonly T[]): Promise<void> {
  if (items.length === 0) return
  const failure = await untilSettled(work, 'batch', async () => work.publishAll(await work.handle(items)))
  if (failure === undefined) return
  const [only] = items
  if (items.length === 1 && only !== undefined) {
    const reason = explain(failure)
    // The stack alone: a database's errors carry the statement, and with it what people wrote.
    work.log.error({ reason, stack: stackOf(failure) }, 'parking an item that cannot be handled')
    return parkAndTell(work, {
      park: () => work.park(only, reason),
      tell: () => work.tellParked(only, reason),
    })
  }
  const size = isTooSlow(failure) ? 1 : Math.ceil(items.length / 2)
  for (let from = 0; from < items.length; from += size) await handleBatch(work, items.slice(from, from + size))
}

/** Sets something aside, and then tells those who wait for it; that nobody could be told is no reason to park it again. */
export async function parkAndTell(
  work: { log: Logger; signal: AbortSignal },
  { park, tell }: { park: () => Promise<void>; tell: () => Promise<void> },
): Promise<void> {
  const failure = await untilSettled(work, 'parking', park)
  // It must not be skipped.
  if (failure !== undefined) throw failure
  const untold = await untilSettled(work, 'telling of a parked item', tell)
  if (untold) work.log.error({ reason: explain(untold), stack: stackOf(untold) }, 'nobody was told of a parked item')
}

/**
 * Runs it again and again while its failure is transient; gives back any other failure, undefined at success.
 * Throws only an AbandonedError.
 */
async function untilSettled(
  work: { log: Logger; signal: AbortSignal },
  what: string,
  run: () => Promise<void>,
): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    if (work.signal.aborted) throw new AbandonedError(what)
    try {
      await run()
      return undefined
    } catch (error) {
      if (!isTransient(error)) return error ?? new Error('thrown without an error')
      work.log.warn({ attempt, reason: explain(error) }, `${what} failed for now, trying again`)
      if (!(await pause(backOffMs(attempt), work.signal))) throw new AbandonedError(what, { cause: error })
    }
  }
}

export function stackOf(error: unknown): string | undefined {
  return Error.isError(error) ? error.stack : undefined
}
