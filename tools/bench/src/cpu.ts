import { readFileSync } from 'node:fs'

// Linux counts in ticks of 1/100 s for user space, on every architecture (USER_HZ).
const MS_A_TICK = 10

/** CPU time that living processes have used so far, user and system together, in ms; one that is gone counts 0. */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuOf(pid), 0)
}

/** Resident memory of a process now, in KiB; 0 when it is gone. */
export function residentKiB(pid: number): number {
  const status = read(`/proc/${pid}/status`)
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
}

/** What all processors of the machine did so far, in ms: working for anyone, and taken away by the host. */
export function machineMs(): { busy: number; stolen: number } {
  const [user = 0, nice = 0, system = 0, , , irq = 0, soft = 0, stolen = 0] = (
    read('/proc/stat').split('\n', 1)[0] ?? ''
  )
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) * MS_A_TICK)
  return { busy: user + nice + system + irq + soft, stolen }
}

function cpuOf(pid: number): number {
  // The name in brackets may hold blanks; fields 14 and 15 (proc(5)) are counted from behind it.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * MS_A_TICK
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
