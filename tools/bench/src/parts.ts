import type { BenchServers } from './bench-servers.ts'
import type { BenchWall } from './bench-wall.ts'
import { cpuMs } from './cpu.ts'
import { descendants } from './descendants.ts'
import type { Readings } from './suite.ts'

/** The processes that a wall is made of, and the servers that it stands on, each with its CPU time so far in ms. */
export function cpuOfParts(wall: BenchWall, servers: BenchServers): Readings {
  const services = { gateway: wall.gateways, ...wall.services }
  return {
    ...Object.fromEntries(
      Object.entries(services).map(([name, processes]) => [name, cpuMs(processes.map(({ pid }) => pid))]),
    ),
    // RabbitMQ's is of the script that starts it.
    ...Object.fromEntries(Object.entries(servers.pids).map(([name, pid]) => [name, cpuMs([pid, ...descendants(pid)])])),
  }
}

/** What each part used from one look to the next, in ms. */
export function usedSince(before: Readings, after: Readings): Readings {
  return Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)]))
}

export function sumOf(readings: Readings): number {
  return Object.values(readings).reduce((sum, value) => sum + value, 0)
}
