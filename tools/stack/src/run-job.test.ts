import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { allEnded, runJob } from './run-job.ts'
import { temporaryHome } from './temporary-home.ts'

test('jobs that are given up are over when that is said: one that finishes its work has finished it', async () => {
  await using place = await temporaryHome()
  const script = (name: string, text: string) => {
    const path = join(place.home, name)
    writeFileSync(path, text)
    return path
  }
  const done = join(place.home, 'done')
  const finishes = script(
    'finishes.mjs',
    `import { writeFileSync } from 'node:fs'
     process.on('SIGTERM', () => setTimeout(() => { writeFileSync(${JSON.stringify(done)}, ''); process.exit(1) }, 500))
     setInterval(() => {}, 1000)
     console.log('ready')`,
  )
  const ends = script('ends.mjs', `setInterval(() => {}, 1000); console.log('ready')`)
  const asked = new AbortController()
  let ready = 0
  const log = (line: string) => {
    if (line.includes('ready') && ++ready === 2) asked.abort(new Error('enough'))
  }
  const jobs = [finishes, ends].map((path) => runJob('job', path, {}, log, asked.signal))
  await expect(allEnded(jobs)).rejects.toThrow('enough')
  expect(existsSync(done)).toBe(true)
})
