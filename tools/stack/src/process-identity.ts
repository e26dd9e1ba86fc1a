import { readFileSync } from 'node:fs'

/** A process that cannot be mistaken for a later one with the same number. */
export type ProcessIdentity = { pid: number; born: string }

/** Says which process this number means now; `born` is empty when it is gone (or where there is no /proc). */
export function identify(pid: number): ProcessIdentity {
  return { pid, born: readBirth(pid) }
}

/** True while that very process runs. Where there is no /proc nothing is known, and the answer is no. */
export function isAlive({ pid, born }: ProcessIdentity): boolean {
  return born !== '' && readBirth(pid) === born
}

function readBirth(pid: number): string {
  try {
    // proc(5): the name in brackets may hold anything, so fields count from the last bracket:
    // the state is the first after it, the start in ticks since boot the twentieth.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended; only its parent has not looked yet.
    if (fields[0] === 'Z' || fields[0] === 'X') return ''
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
  } catch {
    return ''
  }
}
