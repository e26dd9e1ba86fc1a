import { append, emptyMemory } from './channel-memory.ts'
import { createMissedRuns } from './missed-run.ts'
import { entryOf } from './testing/scripted-wall.ts'

const from = (first: number, last: number, text = 'a') =>
  Array.from({ length: last - first + 1 }, (_, i) => entryOf(first + i, text))

function memory(posts: number, text?: string) {
  const made = { ...emptyMemory(), epoch: 'e1' }
  append(made, from(1, posts, text))
  return made
}
/** What a frame says; its header is as long as its length needs. */
const said = (frame: Buffer) => JSON.parse(frame.subarray(frame.indexOf('{')).toString())

test('what a thousand missed alike is encoded once, until the next post', () => {
  const missedRun = createMissedRuns()
  const known = memory(10)
  const run = missedRun('wall', known, 4)
  expect(run.map(({ last }) => last)).toEqual([10])
  expect(said(run[0]!.frame)).toMatchObject({ type: 'wall.updated', channel: 'wall', epoch: 'e1', first: 5, last: 10 })
  expect(said(run[0]!.frame).entries).toEqual(from(5, 10))
  expect(missedRun('wall', known, 4)).toBe(run)
  append(known, from(11, 11))
  expect(said(missedRun('wall', known, 4)[0]!.frame).entries).toEqual(from(5, 11))
})

test('runs of another place, channel or epoch are others', () => {
  const missedRun = createMissedRuns()
  const run = missedRun('wall', memory(10), 4)
  expect(said(missedRun('wall', memory(10), 5)[0]!.frame).first).toBe(6)
  expect(said(missedRun('other', memory(10), 4)[0]!.frame).channel).toBe('other')
  expect(said(missedRun('wall', { ...memory(10), epoch: 'e2' }, 4)[0]!.frame).epoch).toBe('e2')
  expect(missedRun('wall', memory(10), 4)).toBe(run)
})

test('a run is cut into frames of at most 512 KiB that follow each other', () => {
  const run = createMissedRuns()('wall', memory(300, 'a'.repeat(3_000)), 0)
  expect(run.length).toBeGreaterThan(1)
  for (const { frame } of run) expect(frame.length).toBeLessThanOrEqual(512 * 1024)
  expect(run.flatMap(({ frame }) => said(frame).entries)).toEqual(from(1, 300, 'a'.repeat(3_000)))
})

test('at most 16 runs are kept', () => {
  const missedRun = createMissedRuns()
  const known = memory(100)
  const first = missedRun('wall', known, 1)
  for (let after = 2; after <= 16; after++) missedRun('wall', known, after)
  expect(missedRun('wall', known, 1)).toBe(first)
  for (let after = 20; after < 36; after++) missedRun('wall', known, after)
  expect(missedRun('wall', known, 1)).not.toBe(first)
})
