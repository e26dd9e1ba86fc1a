import { join } from 'node:path'
import { keepProgramUp } from './keep-program-up.ts'
import { identify, isAlive } from './process-identity.ts'
import { type ServerProgram, startProgram } from './server-program.ts'
import { temporaryHome } from './temporary-home.ts'

test('a program that runs again is taken for one that runs, though it could not be noted', async () => {
  await using place = await temporaryHome()
  const { home } = place
  const said: string[] = []
  const runs: ReturnType<typeof identify>[] = []
  const second = Promise.withResolvers<void>()
  const third = Promise.withResolvers<void>()
  const started = ({ pid }: Pick<ServerProgram, 'pid'>) => {
    runs.push(identify(pid))
    if (runs.length === 2) second.resolve()
    if (runs.length === 3) third.resolve()
    if (runs.length === 2) throw new Error('the disk is full')
  }
  const first = await startProgram({
    name: 'Sleeper',
    command: 'sleep',
    args: ['300'],
    cwd: home,
    logFile: join(home, 'sleeper.log'),
  })
  started(first)
  const kept = keepProgramUp(first, { log: (line) => said.push(line), started })
  try {
    process.kill(first.pid, 'SIGKILL')
    await second.promise
    process.kill(runs[1]!.pid, 'SIGKILL')
    await third.promise
    expect(runs.map(isAlive)).toEqual([false, false, true])
  } finally {
    await kept.stop(5_000)
  }
  expect(runs.map(isAlive)).toEqual([false, false, false])
  // Its two ends, and what could not be noted.
  expect(said).toEqual([
    expect.stringContaining('has ended'),
    expect.stringContaining('the disk is full'),
    expect.stringContaining('has ended'),
  ])
})
