import type { Entry } from '@parvis/contracts/post'
import type { Refusal } from '@parvis/contracts/post-rejected'

export type Outcome = { stored: Entry; epoch: string } | { refused: Refusal }

/** Requests that wait for what becomes of their post (`Prefer: wait`); beyond this many they are answered 202 at once. */
const MOST_WAITING = 10_000

/** Who waits for which post on this gateway. */
export function createPostOutcomes() {
  const waiting = new Map<string, Set<(outcome: Outcome) => void>>()

  function settle(postId: string, outcome: Outcome): void {
    for (const resolve of waiting.get(postId) ?? []) resolve(outcome)
    waiting.delete(postId)
  }

  return {
    /** Resolves when the post is on the wall or refused; undefined after `ms`. */
    async wait(postId: string, ms: number): Promise<Outcome | undefined> {
      if (waiting.size >= MOST_WAITING) return undefined
      const { promise, resolve } = Promise.withResolvers<Outcome | undefined>()
      const waiters = waiting.get(postId) ?? new Set()
      waiting.set(postId, waiters.add(resolve))
      const timer = setTimeout(() => {
        waiters.delete(resolve)
        if (waiters.size === 0 && waiting.get(postId) === waiters) waiting.delete(postId)
        resolve(undefined)
      }, ms)
      const outcome = await promise
      clearTimeout(timer)
      return outcome
    },
    onStored(entries: readonly Entry[], epoch: string): void {
      if (waiting.size === 0) return
      for (const entry of entries) settle(entry.post.id, { stored: entry, epoch })
    },
    onRefused(refusal: Refusal): void {
      settle(refusal.postId, { refused: refusal })
    },
  }
}
export type PostOutcomes = ReturnType<typeof createPostOutcomes>
