import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { ROOT } from '@parvis/stack/run-job'

/** A process that says that it is there, and when it is told to, `lines` more, and ends with exit code 3. */
function say(lines: number) {
  const program = `
    import { pino } from 'pino'
    import { openLogDestination } from '${new URL('./log-destination.ts', import.meta.url)}'
    const destination = openLogDestination()
    const log = pino({}, destination)
    log.info('here')
    process.stdin.once('data', () => {
      for (let line = 1; line <= ${lines}; line++) log.info('line ' + line)
      destination.exit(3)
    })`
  return spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

test('the last lines of a process are written before it ends', async () => {
  const child = say(1_000)
  const ended = once(child, 'exit')
  child.stdin.end('end')
  const said = (await text(child.stdout)).trim().split('\n')
  expect(said).toHaveLength(1_001)
  expect(JSON.parse(said.at(-1)!)).toMatchObject({ msg: 'line 1000' })
  expect(await ended).toEqual([3, null])
})

test('a process whose lines nobody reads any more ends all the same', async () => {
  const child = say(2)
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  child.stdout.destroy()
  child.stdin.end('end')
  expect(await ended).toEqual([3, null])
})
