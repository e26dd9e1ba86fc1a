import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '@parvis/stack/run-job'
import { execa } from 'execa'
import { allVariants } from '../broken/all.ts'
import { newerVersion } from '../faults/21-other-version.ts'
import { pointRewrites } from './points.ts'
import { type Rewrite, rewritingEnv } from './rewrite.ts'

/** What a process would load. */
function rewritten(rewrites: readonly Rewrite[]): Map<string, string> {
  const sources = new Map<string, string>()
  for (const { file, find, replace } of rewrites) {
    const source = sources.get(file) ?? readFileSync(join(ROOT, file), 'utf8')
    const times = source.split(find).length - 1
    if (times !== 1) throw new Error(`${file} has ${times} times: ${find}`)
    sources.set(
      file,
      source.replace(find, () => replace),
    )
  }
  return sources
}

const sets: [string, readonly Rewrite[]][] = [
  ['the points at which services die', []],
  ['the newer version', newerVersion],
  ...allVariants.map(({ name, rewrites }): [string, readonly Rewrite[]] => [name, rewrites]),
]
test.each(sets)('%s fits the sources as they are today', (_name, rewrites) => {
  expect(rewritten([...pointRewrites, ...rewrites]).size).toBeGreaterThan(0)
})

const load = (rewrites: Rewrite[]) =>
  execa(
    process.execPath,
    ['--eval', `import('./libs/contracts/src/partition.ts').then((m) => console.log(m.PARTITIONS))`],
    {
      cwd: ROOT,
      env: rewritingEnv(rewrites, '/nowhere') as Record<string, string>,
      reject: false,
    },
  )
const file = 'libs/contracts/src/partition.ts'

test('a process loads the rewritten text and says so', async () => {
  const { stdout } = await load([{ file, find: 'PARTITIONS = 4', replace: 'PARTITIONS = 5' }])
  expect(stdout).toContain('rewritten by the storm')
  expect(stdout.split('\n').at(-1)).toBe('5')
})

test('a process ends when the text is not there', async () => {
  const { exitCode, stderr } = await load([{ file, find: 'PARTITIONS = 77', replace: 'PARTITIONS = 5' }])
  expect(exitCode).toBe(70)
  expect(stderr).toContain('does not have exactly once: PARTITIONS = 77')
})
