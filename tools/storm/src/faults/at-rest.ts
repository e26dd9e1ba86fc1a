import { setTimeout as sleep } from 'node:timers/promises'
import type { Round } from '../round.ts'

/** Stops the writers and waits until everything accepted was seen; false after `limitMs`. */
export async function bringToRest({ writers, journal }: Round, limitMs: number): Promise<boolean> {
  const until = Date.now() + limitMs
  writers.pause(true)
  await writers.settle(limitMs)
  const isUnseen = (post: { accepted?: object; fate: string; seenAt?: number }) =>
    post.accepted !== undefined && post.fate === 'stored' && post.seenAt === undefined
  while (Date.now() < until) {
    if (![...journal.sent.values()].some(isUnseen)) return true
    await sleep(100)
  }
  return false
}
