import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '@parvis/stack/find-program'
import { ROOT } from '@parvis/stack/run-job'
import { PlainError } from '@parvis/stack/servers'
import { execa } from 'execa'

const SOURCES = join(ROOT, 'tools', 'bench', 'reader')
const FILES = ['reader.c', 'frames.c', 'count.c']

/**
 * Gives the path of the raw reader, compiled when its sources have changed. Rejects with a PlainError when there is no
 * C compiler: a reader in JavaScript would take more of the processor than what it measures.
 */
export async function compileReader(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of [...FILES, 'reader.h']) hash.update(readFileSync(join(SOURCES, file)))
  const folder = join(ROOT, '.parvis', 'bench')
  const program = join(folder, `reader-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(program)) return program
  const compiler = findProgram('cc', 'gcc', 'clang')
  if (!compiler) {
    throw new PlainError('The bench reads with a small C program: install a C compiler (apt install gcc libc6-dev).')
  }
  mkdirSync(folder, { recursive: true })
  // Under another name until it is whole.
  const unfinished = `${program}.${process.pid}`
  const { failed, stderr } = await execa(compiler, ['-O2', '-Wall', '-o', unfinished, ...FILES], {
    cwd: SOURCES,
    reject: false,
  })
  if (failed) throw new PlainError(`The bench's reader could not be compiled: ${stderr.split('\n')[0] ?? ''}`)
  renameSync(unfinished, program)
  return program
}
