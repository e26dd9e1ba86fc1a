// npm run storm: the proof that nothing accepted is lost, doubled or reordered, whatever breaks.
//
// It starts servers and a wall of its own (three gateways, two of each worker), lets writers write and readers read,
// breaks things (src/faults, one file each), heals them, and then compares what was accepted, what MySQL and Redis hold
// and what every reader was shown (src/check). The exit code is the verdict. docs/reliability.md says what it proves.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endSignal } from '@parvis/stack/end-signal'
import { ROOT } from '@parvis/stack/run-job'
import { runTool } from '@parvis/stack/run-tool'
import { PlainError } from '@parvis/stack/servers'
import { allVariants } from './broken/all.ts'
import { allFaults } from './faults/all.ts'
import { readOptions, STORM_HELP } from './options.ts'
import { renderCaught, renderFaults, renderResult, renderSecond, renderVariants } from './render.ts'
import { renderHtml } from './report/html.ts'
import { runStorm } from './storm.ts'
import type { Second } from './timeline.ts'
import { tryBroken } from './try-broken.ts'

const say = (line: string) => console.log(line)

await runTool(async () => {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') return say(STORM_HELP)
  if (options === 'list') return say(renderFaults(allFaults))
  if (options.broken === 'list') return say(renderVariants(allVariants))
  const signal = endSignal()
  const common = {
    home: join(ROOT, '.parvis', 'storm'),
    seed: options.seed,
    log: (line: string) => say(`storm: ${line}`),
    onSecond: (second: Second) => say(renderSecond(second)),
    signal,
  }
  if (options.broken) {
    const tried = await tryBroken(options.broken, common, (one) => say(renderCaught(one)))
    const missed = tried.filter(({ caught }) => !caught).map(({ name }) => name)
    if (missed.length > 0) throw new PlainError(`The storm did not catch: ${missed.join(', ')}.`)
    if (signal.aborted) throw new PlainError('Stopped before the end: nothing is proved.')
    return say(`\nall ${tried.length} broken variants were caught`)
  }
  const results = await runStorm({
    ...common,
    rate: options.rate,
    rounds: options.rounds,
    ...(options.holdMs && { holdMs: options.holdMs }),
    ...(options.recoveryMs && { recoveryMs: options.recoveryMs }),
    onRound: (result) => say(renderResult(result)),
  })
  if (options.report) {
    writeFileSync(options.report, renderHtml(results, options))
    say(`report: ${options.report}`)
  }
  const broken = results.some(({ violations }) => violations.length > 0)
  if (broken) throw new PlainError(`The storm broke a promise. Again with: npm run storm -- --seed ${options.seed}`)
  if (signal.aborted) throw new PlainError('Stopped before the end: nothing is proved.')
})
