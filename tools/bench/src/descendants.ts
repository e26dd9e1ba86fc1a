import { readdirSync, readFileSync } from 'node:fs'

/** The processes that a process has started and those that they have started, as they are now; without itself. */
export function descendants(pid: number): number[] {
  const children = threads(pid).flatMap((thread) => childrenOf(`/proc/${pid}/task/${thread}/children`))
  return children.flatMap((child) => [child, ...descendants(child)])
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function childrenOf(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
