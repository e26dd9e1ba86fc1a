import { setTimeout as sleep } from 'node:timers/promises'
import { TransientError } from './errors.ts'

/**
 * How long to wait before try number `attempt` (0, 1, 2 …): doubling from 100 ms up to `mostMs`, half of it by
 * chance, so that processes that failed together do not come back together.
 */
export function backOffMs(attempt: number, mostMs = 5_000): number {
  const full = Math.min(mostMs, 100 * 2 ** Math.min(attempt, 16))
  return full / 2 + Math.random() * (full / 2)
}

/** Waits; false if the signal came first. */
export async function pause(ms: number, signal?: AbortSignal): Promise<boolean> {
  return sleep(ms, true, signal && { signal }).catch(() => false)
}

/** The promise, or a TransientError after `ms`: no call to the broker may wait for ever. @param signal ends it earlier */
export async function within<T>(ms: number, what: string, promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  const end = Promise.withResolvers<never>()
  const handle = setTimeout(() => end.reject(new TransientError('timeout', `${what}: no answer in ${ms} ms`)), ms)
  const onAbort = () => end.reject(new TransientError('aborted', `${what}: no longer wanted`))
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort)
  try {
    return await Promise.race([promise, end.promise])
  } finally {
    clearTimeout(handle)
    signal?.removeEventListener('abort', onAbort)
  }
}
