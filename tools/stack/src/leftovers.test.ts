import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { isLeftOver, stopLeftovers } from './leftovers.ts'
import { identify, isAlive } from './process-identity.ts'
import { readRecord, writeRecord } from './servers-record.ts'
import { takeDown } from './take-down.ts'
import { temporaryHome } from './temporary-home.ts'

function startSleeper() {
  const sleeper = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  const ended = once(sleeper, 'exit')
  return {
    ended,
    identity: identify(sleeper.pid as number),
    async [Symbol.asyncDispose]() {
      sleeper.kill('SIGKILL')
      await ended
    },
  }
}

test('what a dead supervisor left running is stopped', async () => {
  await using sleeper = startSleeper()
  const said: string[] = []
  await stopLeftovers({ supervisor: sleeper.identity, processes: [sleeper.identity], containers: [] }, (line) =>
    said.push(line),
  )
  expect(isAlive(sleeper.identity)).toBe(false)
  expect(said).toEqual(['stopping the servers that an earlier run left behind'])
})

test('the servers of a supervisor that lives are not left over, as in a clone that was copied while it ran', async () => {
  await using sleeper = startSleeper()
  const record = { supervisor: sleeper.identity, processes: [sleeper.identity], containers: [] }
  await using place = await temporaryHome()
  writeRecord(place.home, record)
  await takeDown(place.home, () => {})
  expect([isAlive(sleeper.identity), readRecord(place.home)]).toEqual([true, undefined])
  await sleeper[Symbol.asyncDispose]()
  expect(isLeftOver(record)).toBe(true)
})

test('a later process with the same number is left alone', async () => {
  await using sleeper = startSleeper()
  const earlier = { ...sleeper.identity, born: 'an earlier boot/1' }
  await stopLeftovers({ supervisor: earlier, processes: [earlier], containers: [] }, () => {})
  expect(isAlive(sleeper.identity)).toBe(true)
})

test('the servers of an owner that is killed are stopped by its watcher', async () => {
  await using place = await temporaryHome()
  await using sleeper = startSleeper()
  const moduleOf = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
  const script = `
    const { watchOwner } = await import(${moduleOf('./watch-owner.ts')})
    const { writeRecord } = await import(${moduleOf('./servers-record.ts')})
    const { identify } = await import(${moduleOf('./process-identity.ts')})
    const home = ${JSON.stringify(place.home)}
    writeRecord(home, { supervisor: identify(process.pid), processes: [${JSON.stringify(sleeper.identity)}], containers: [] })
    watchOwner(home, 0)
    process.kill(process.pid, 'SIGKILL')`
  spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' })
  await sleeper.ended
  while (readRecord(place.home)) await new Promise((resolve) => setTimeout(resolve, 20))
})

test('a record is for its owner alone', async () => {
  await using place = await temporaryHome()
  const record = { supervisor: identify(process.pid), processes: [], containers: ['one'] }
  writeRecord(place.home, record)
  expect(readRecord(place.home)).toEqual(record)
  const { mode } = await (await import('node:fs/promises')).stat(join(place.home, 'servers.json'))
  expect(mode & 0o777).toBe(0o600)
})
