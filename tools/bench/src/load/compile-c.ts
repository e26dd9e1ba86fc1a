import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '@parvis/stack/find-program'
import { ROOT } from '@parvis/stack/run-job'
import { PlainError } from '@parvis/stack/servers'
import { execa } from 'execa'

/**
 * Gives the path of a program of ours in C, compiled when its sources (`tools/bench/<name>`) have changed. Rejects with
 * a PlainError when there is no C compiler: load made in JavaScript would take more of the processor than what it
 * measures.
 */
export async function compileC(name: 'reader' | 'asker'): Promise<string> {
  const sources = join(ROOT, 'tools', 'bench', name)
  const files = readdirSync(sources).sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(join(sources, file)))
  const folder = join(ROOT, '.parvis', 'bench')
  const program = join(folder, `${name}-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(program)) return program
  const compiler = findProgram('cc', 'gcc', 'clang')
  if (!compiler) {
    throw new PlainError(
      'The bench makes its load with small C programs: install a compiler (apt install gcc libc6-dev).',
    )
  }
  mkdirSync(folder, { recursive: true })
  // Under another name until it is whole.
  const unfinished = `${program}.${process.pid}`
  const units = files.filter((file) => file.endsWith('.c'))
  const { failed, stderr } = await execa(compiler, ['-O2', '-Wall', '-o', unfinished, ...units], {
    cwd: sources,
    reject: false,
  })
  if (failed) throw new PlainError(`The bench's ${name} could not be compiled: ${stderr.split('\n')[0] ?? ''}`)
  renameSync(unfinished, program)
  return program
}
