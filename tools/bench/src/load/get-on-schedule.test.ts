import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findProgram } from '@parvis/stack/find-program'
import { getOnSchedule } from './get-on-schedule.ts'

const HOLD_MS = 200
/** More than a socket's buffer holds: it comes in pieces. */
const LONG = 'a'.repeat(300_000)
const asked: string[] = []
// Answers at once, but for /held, and says of all but /elsewhere that it read memory.
const server = createServer((request, response) => {
  asked.push(request.url!)
  const source = request.url === '/elsewhere' ? 'mysql' : 'memory'
  const answer = () => response.writeHead(200, { 'x-parvis-source': source, 'content-length': LONG.length }).end(LONG)
  if (request.url === '/held') setTimeout(answer, HOLD_MS)
  else answer()
})
let address = ''
const { signal } = new AbortController()

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())
beforeEach(() => asked.splice(0))

const load = (paths: string[], connections = 4) => ({
  urls: paths.map((path) => address + path),
  connections,
  signal,
  source: 'memory' as const,
})

// The bench needs a compiler; the rest of the project does not.
const hasCompiler = findProgram('cc', 'gcc', 'clang') !== undefined
const compiled = hasCompiler ? test : test.skip

compiled('asks so many, the addresses in turn', async () => {
  expect(await getOnSchedule(load(['/a?b=1', '/c']), 700, 6)).toMatchObject({ wrongPercent: 0 })
  expect(asked.toSorted()).toEqual(['/a?b=1', '/a?b=1', '/a?b=1', '/c', '/c', '/c'])
})

compiled('a question that waits for a connection is as late as its answer, from when it was due', async () => {
  const { p50Ms, p99Ms } = await getOnSchedule(load(['/held'], 1), 1_000, 3)
  // Due after 0, 1 and 2 ms, answered one after the other.
  expect(p50Ms).toBeGreaterThanOrEqual(2 * HOLD_MS - 10)
  expect(p99Ms).toBeGreaterThanOrEqual(3 * HOLD_MS - 10)
})

compiled('answers that were read elsewhere are told, or counted where that is asked for', async () => {
  const mixed = load(['/memory', '/elsewhere'])
  await expect(getOnSchedule(mixed, 1_000, 4)).rejects.toThrow(
    '2 of 4 answers are wrong, the first: x-parvis-source: mysql',
  )
  expect(await getOnSchedule({ ...mixed, tolerant: true }, 1_000, 4)).toMatchObject({ wrongPercent: 50 })
})

compiled('who does not answer at all is named', async () => {
  const nobody = { ...load(['/']), urls: ['http://127.0.0.1:1/'] }
  await expect(getOnSchedule(nobody, 1_000, 1)).rejects.toThrow('cannot connect')
})

if (!hasCompiler) {
  process.stderr.write('get-on-schedule.test.ts: this machine has no C compiler: what the bench compiles is skipped\n')
  test('without a C compiler the bench says what to install', async () => {
    await expect(getOnSchedule(load(['/']), 1_000, 1)).rejects.toThrow('apt install gcc')
  })
}
