import { PlainError } from '@parvis/stack/servers'
import type { BenchServers } from './bench-servers.ts'
import { machineMs } from './cpu.ts'
import type { Options } from './options.ts'
import { createProgress } from './progress.ts'
import type { SuiteReport } from './report/report.ts'

/**
 * Runs the suites one after another. One that fails is reported with its reason, and the others go on.
 * Rejects when the signal aborts.
 * @param onSuite is told each one's outcome at once
 */
export async function runSuites(
  { suites, quick, peers }: Options,
  needs: {
    servers: BenchServers
    say: (line: string) => void
    onSuite: (report: SuiteReport) => void
    signal: AbortSignal
  },
): Promise<SuiteReport[]> {
  const { servers, say, signal } = needs
  const progress = createProgress(suites, quick, { say })
  const reports: SuiteReport[] = []
  for (const { id, title, run } of suites) {
    progress.next()
    progress.log('begins')
    const [from, machine] = [performance.now(), machineMs()]
    const took = () => ({
      date: new Date().toISOString(),
      quick,
      seconds: (performance.now() - from) / 1000,
      stolenMs: machineMs().stolen - machine.stolen,
    })
    try {
      const { figures, notes } = await run({ quick, peers, servers, log: progress.log, signal })
      reports.push({ id, title, figures, notes, ...took() })
    } catch (error) {
      if (signal.aborted) throw new PlainError('Stopped before the end: nothing was written.')
      // A person reads one sentence in the table; the stack is for who mends the suite.
      if (!(error instanceof PlainError)) console.error(error)
      reports.push({ id, title, figures: [], notes: [], failure: (error as Error).message, ...took() })
    }
    needs.onSuite(reports.at(-1)!)
  }
  return reports
}
