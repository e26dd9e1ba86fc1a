// npm run bench: how fast Parvis is, beside what this machine allows (floors) and beside other systems (peers).
//
// It starts servers of its own and, suite by suite (src/suites, one file each), walls, floors and peers on them, in
// interleaved rounds. A full run writes docs/performance.md; docs/performance-notes.md says how to read it.
import { writeFileSync } from 'node:fs'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { endSignal } from '@parvis/stack/end-signal'
import { ROOT } from '@parvis/stack/run-job'
import { runTool } from '@parvis/stack/run-tool'
import { PlainError } from '@parvis/stack/servers'
import { openBenchServers } from './bench-servers.ts'
import { describeMachine } from './machine.ts'
import { BENCH_HELP, readOptions, renderSuites } from './options.ts'
import { checkPeers } from './peers/check-peers.ts'
import { describePeers } from './peers/describe-peers.ts'
import { installPeers } from './peers/install-peers.ts'
import { renderText } from './report/text.ts'
import { withEarlier } from './report/with-earlier.ts'
import { writeReport } from './report/write-report.ts'
import { runSuites } from './run-suites.ts'
import { allSuites } from './suites/all.ts'

const say = (line: string) => console.log(line)

await runTool(async () => {
  const args = process.argv.slice(2)
  const options = readOptions(args, allSuites)
  if (options === 'help') return say(BENCH_HELP)
  if (options === 'list') return say(renderSuites(allSuites))
  const signal = endSignal()
  const log = (line: string) => say(`bench: ${line}`)
  await using servers = await openBenchServers(join(ROOT, '.parvis', 'bench', 'servers'), log, signal)
  if (options.checkPeers) {
    const problems = await checkPeers({ servers, log, signal })
    if (problems.length > 0) throw new PlainError(`Peers that do not work: ${problems.join('; ')}`)
    return
  }
  if (options.peers) await installPeers(log, signal)
  const machine = await describeMachine(servers)
  const suites = await runSuites(options, { servers, say: log, onSuite: (one) => say(renderText(one)), signal })
  // The report goes to others, whom this machine's folders do not concern.
  const words = args.map((word) => (isAbsolute(word) ? basename(word) : word))
  const command = ['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' ')
  const others = options.peers ? await describePeers() : []
  // npm runs scripts at the top of the repository, wherever the command was given.
  const path = (name: string) => resolve(process.env.INIT_CWD ?? ROOT, name)
  const report = withEarlier({ command, machine, others, suites }, options.with.map(path), allSuites)
  if (options.json) writeFileSync(path(options.json), `${JSON.stringify(report, null, 2)}\n`)
  if (options.out) {
    const out = options.out.startsWith('docs/') ? resolve(ROOT, options.out) : path(options.out)
    writeReport(report, out)
    log(`report: ${out}`)
  }
  const failed = suites.filter(({ failure }) => failure !== undefined).map(({ id }) => id)
  if (failed.length > 0) throw new PlainError(`Not measured: ${failed.join(', ')}.`)
})
