import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** For tests: a new folder with a space, a # and an é in its path; removed on disposal. */
export async function temporaryHome(): Promise<{ home: string } & AsyncDisposable> {
  const home = await mkdtemp(join(tmpdir(), 'parvis é #1 '))
  return { home, [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }) }
}
