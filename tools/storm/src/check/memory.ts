import { readFileSync } from 'node:fs'
import type { World } from '../world.ts'

/** A service that holds more than this leaks: its windows, buffers and in-flight messages add up to less than half. */
const SERVICE_MIB = 640

/** The resident memory of a process in MiB; 0 when it is not there. */
function residentMiB(pid: number): number {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
  } catch {
    return 0
  }
}

/** Samples the memory of all services each second and remembers each one's highest. */
export function watchMemory(world: World) {
  const peaks = new Map<string, number>()
  const timer = setInterval(() => {
    for (const { name, pid } of world.processes()) peaks.set(name, Math.max(peaks.get(name) ?? 0, residentMiB(pid)))
  }, 1_000)
  return {
    peaks: () => [...peaks].map(([name, peakMiB]) => ({ name, peakMiB, limitMiB: SERVICE_MIB })),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
