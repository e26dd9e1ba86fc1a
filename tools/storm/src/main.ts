// npm run storm: the proof that nothing accepted is lost, doubled or reordered, whatever breaks.
//
// It starts servers and a wall of its own (three gateways, two of each worker), lets writers write and readers read,
// breaks things (src/faults, one file each), heals them, and then compares what was accepted, what MySQL and Redis hold
// and what every reader was shown (src/check). The exit code is the verdict. docs/reliability.md says what it proves.
import { join } from 'node:path'
import { endSignal } from '@parvis/stack/end-signal'
import { ROOT } from '@parvis/stack/run-job'
import { runTool } from '@parvis/stack/run-tool'
import { PlainError } from '@parvis/stack/servers'
import { allFaults } from './faults/all.ts'
import { readOptions, STORM_HELP } from './options.ts'
import { renderFaults, renderResult, renderSecond } from './render.ts'
import { runStorm } from './storm.ts'

const say = (line: string) => console.log(line)

await runTool(async () => {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') return say(STORM_HELP)
  if (options === 'list') return say(renderFaults(allFaults))
  const signal = endSignal()
  say(`storm: seed ${options.seed}, ${options.rate} posts a second`)
  const results = await runStorm({
    home: join(ROOT, '.parvis', 'storm'),
    ...options,
    log: (line) => say(`storm: ${line}`),
    onSecond: (second) => say(renderSecond(second)),
    onRound: (result) => say(renderResult(result)),
    signal,
  })
  const broken = results.some(({ violations }) => violations.length > 0)
  if (broken) throw new PlainError(`The storm broke a promise. Again with: npm run storm -- --seed ${options.seed}`)
  if (results.length < options.rounds.length) throw new PlainError('Stopped before the end: nothing is proved.')
})
