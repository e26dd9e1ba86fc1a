import { setTimeout as sleep } from 'node:timers/promises'
import { type PostText, postText } from './post-text.ts'

/**
 * Posts at a steady rate for so long, whether or not earlier ones were taken: each text says when it was meant to be
 * posted, so a wait counts (no coordinated omission). Rejects with the first post that fails.
 */
export async function postSteadily(
  post: (text: string) => Promise<void>,
  options: { perSecond: number; seconds: number; bytes?: number; signal: AbortSignal },
): Promise<PostText[]> {
  const { perSecond, seconds, bytes, signal } = options
  const begin = process.hrtime.bigint()
  const total = Math.round(perSecond * seconds)
  const sent: PostText[] = []
  const pending: Promise<void>[] = []
  while (sent.length < total) {
    signal.throwIfAborted()
    const now = process.hrtime.bigint()
    for (let due = dueAt(sent.length); due <= now && sent.length < total; due = dueAt(sent.length)) {
      const one = postText(due, bytes)
      sent.push(one)
      pending.push(post(one.text))
    }
    await Promise.race([sleep(1), failureOf(pending)])
  }
  await Promise.all(pending)
  return sent

  function dueAt(index: number): bigint {
    return begin + BigInt(Math.round((index * 1e9) / perSecond))
  }
}

/** Rejects when one of the newest fails; never resolves. */
function failureOf(pending: readonly Promise<void>[]): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  for (const one of pending.slice(-8)) one.catch(reject)
  return promise
}
