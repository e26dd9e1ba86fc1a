import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 20

/** Waits until it is so; false when it is not by `limitMs`. */
export async function until(limitMs: number, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  const from = Date.now()
  while (!(await isSo())) {
    if (Date.now() - from > limitMs) return false
    await sleep(LOOK_MS)
  }
  return true
}
