import { readFileSync } from 'node:fs'
import { PlainError } from '@parvis/stack/servers'
import type { Suite } from '../suite.ts'
import type { Report } from './report.ts'

/**
 * Adds what earlier runs on this machine measured (their `--json` files) and this one did not, in the order of the table:
 * all suites in full take longer than a machine may be idle for. Throws a PlainError for a file of another machine.
 */
export function withEarlier(report: Report, files: readonly string[], all: readonly Suite[]): Report {
  const suites = new Map(report.suites.map((suite) => [suite.id, suite]))
  const others = new Map(report.others.map((other) => [other.name, other]))
  for (const file of files) {
    const earlier = JSON.parse(readFileSync(file, 'utf8')) as Report
    if (JSON.stringify(earlier.machine) !== JSON.stringify(report.machine)) {
      throw new PlainError(`${file} was measured on another machine, or with other servers.`)
    }
    for (const suite of earlier.suites) if (!suites.has(suite.id)) suites.set(suite.id, suite)
    for (const other of earlier.others) if (!others.has(other.name)) others.set(other.name, other)
  }
  return {
    ...report,
    others: [...others.values()],
    suites: all.flatMap(({ id }) => suites.get(id) ?? []),
  }
}
