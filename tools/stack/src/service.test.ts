import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identify, isAlive } from './process-identity.ts'
import { startService } from './service.ts'
import { temporaryHome } from './temporary-home.ts'

const READY = `console.log(JSON.stringify({ level: 30, time: Date.now(), msg: 'ready', url: 'http://127.0.0.1:1' }))
process.stdin.on('end', () => process.exit(0)).resume()
`

/** A service of one script; stopped at the end of the test, whatever it left. */
async function start(home: string, body: string, { restart = true, log = (_: string) => {} } = {}) {
  const script = join(home, 'service.mjs')
  await writeFile(script, body)
  const service = await startService('fake', { script, env: {}, log, restart })
  return { service, [Symbol.asyncDispose]: () => service.stop(0) }
}

test('a service that is ready has an address, and its log is shown with its name', async () => {
  await using place = await temporaryHome()
  const said: string[] = []
  await using running = await start(place.home, READY, { log: (line) => said.push(line) })
  expect(running.service.url).toBe('http://127.0.0.1:1')
  expect(said.join()).toMatch(/fake +ready url=http:\/\/127.0.0.1:1/)
})

test('one that is killed comes back as another process', async () => {
  await using place = await temporaryHome()
  await using running = await start(place.home, READY)
  const { service } = running
  const first = identify(service.pid)
  const back = service.nextReady()
  service.kill('SIGKILL')
  await back
  expect(service.pid).not.toBe(first.pid)
  expect(isAlive(first)).toBe(false)
})

test('one that cannot be started for a while is started when it can be', async () => {
  await using place = await temporaryHome()
  const said: string[] = []
  await using running = await start(place.home, READY, { log: (line) => said.push(line) })
  const { service } = running
  const node = process.execPath
  const back = service.nextReady()
  try {
    process.execPath = join(place.home, 'no-node')
    service.kill('SIGKILL')
    while (!said.some((line) => line.includes('ENOENT'))) await new Promise((resolve) => setTimeout(resolve, 20))
  } finally {
    process.execPath = node
  }
  await back
  expect(service.isUp).toBe(true)
})

test('one that is killed stays down where it is not restarted, until it is started', async () => {
  await using place = await temporaryHome()
  await using running = await start(place.home, READY, { restart: false })
  const { service } = running
  service.kill('SIGKILL')
  const [{ signal }] = (await once(service.events, 'exit')) as [{ signal: string }]
  expect([signal, service.isUp]).toEqual(['SIGKILL', false])
  await service.start()
  expect(service.isUp).toBe(true)
})

test('one that ends before it is ready is reported with its last words', async () => {
  await using place = await temporaryHome()
  const body = `console.log(JSON.stringify({ level: 60, msg: 'configuration: PORT must be a number' })); process.exit(1)`
  await expect(start(place.home, body)).rejects.toThrow(
    'fake ended before it was ready (exit 1): configuration: PORT must be a number',
  )
})

test('one that does not heed SIGTERM is killed at the end of its share', async () => {
  await using place = await temporaryHome()
  const said: string[] = []
  const { service } = await start(place.home, `process.on('SIGTERM', () => {})\n${READY}`, { log: (l) => said.push(l) })
  const process = identify(service.pid)
  await service.stop(100)
  expect(isAlive(process)).toBe(false)
  expect(said.join()).toContain('not ended after 0.1 s: killed')
})

test('one that is being waited for to start again is stopped at once', async () => {
  await using place = await temporaryHome()
  const said: string[] = []
  const { service } = await start(place.home, READY, { log: (line) => said.push(line) })
  const ended = once(service.events, 'exit')
  service.kill('SIGKILL')
  await ended
  await service.stop()
  expect(service.isUp).toBe(false)
  expect(said.filter((line) => line.includes('ready url='))).toHaveLength(1)
})
