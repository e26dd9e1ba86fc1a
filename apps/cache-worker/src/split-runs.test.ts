import type { WireEntry } from '@parvis/storage/window'
import { splitRuns } from './split-runs.ts'

const entry = (seq: number, json = `{"seq":${seq}}`): WireEntry => ({ seq, json })
const seqs = (runs: WireEntry[][]) => runs.map((run) => run.map(({ seq }) => seq))

test('what has no hole is one run', () => {
  expect(seqs(splitRuns([1, 2, 3].map((seq) => entry(seq))))).toEqual([[1, 2, 3]])
})

test('each hole begins a run; order and doubles do not matter', () => {
  expect(seqs(splitRuns([9, 2, 1, 4, 2, 10, 5].map((seq) => entry(seq))))).toEqual([
    [1, 2],
    [4, 5],
    [9, 10],
  ])
})

test('a run is small enough for a frame of 512 KiB, and nothing is left out', () => {
  const runs = splitRuns(Array.from({ length: 300 }, (_, i) => entry(i + 1, 'é'.repeat(2_048))))
  for (const run of runs) {
    const bytes = run.reduce((sum, { json }) => sum + Buffer.byteLength(json) + 1, 0)
    expect(bytes).toBeLessThanOrEqual(512 * 1024 - 1024)
  }
  expect(runs).toHaveLength(3)
  expect(seqs(runs).flat()).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
})

test('an entry alone is a run, however long it is', () => {
  expect(seqs(splitRuns([entry(1, 'a'.repeat(600 * 1024)), entry(2)]))).toEqual([[1], [2]])
})

test('no entries are no runs', () => {
  expect(splitRuns([])).toEqual([])
})
