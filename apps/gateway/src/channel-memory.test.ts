import { append, emptyMemory, firstOf, memoryOf, slice } from './channel-memory.ts'
import { readyPage } from './ready-page.ts'
import { entryOf } from './testing/scripted-wall.ts'

const run = (first: number, last: number, text?: string) =>
  Array.from({ length: last - first + 1 }, (_, i) => entryOf(first + i, text))
const seqs = (entries: { seq: number }[]) => entries.map(({ seq }) => seq)

test('an empty memory begins after its end', () => {
  expect(firstOf(emptyMemory())).toBe(1)
  expect(firstOf({ ...emptyMemory(), last: 7 })).toBe(8)
  expect(slice(emptyMemory(), 1, 5)).toEqual([])
})

test('the newest 500 entries are kept', () => {
  const memory = emptyMemory()
  append(memory, run(1, 499))
  expect([firstOf(memory), memory.entries.length]).toEqual([1, 499])
  append(memory, run(500, 502))
  expect([firstOf(memory), memory.last, memory.entries.length]).toEqual([3, 502, 500])
  expect(seqs(memory.entries)).toEqual(seqs(run(3, 502)))
})

test('with long posts it is fewer: about 1 MiB of text, and always the newest page', () => {
  const memory = emptyMemory()
  append(memory, run(1, 500, 'a'.repeat(4_000)))
  const characters = memory.entries.length * 4_400
  expect(characters).toBeLessThanOrEqual(1024 * 1024)
  expect(characters).toBeGreaterThan(1024 * 1024 - 4_400)
  expect([firstOf(memory), memory.last]).toEqual([501 - memory.entries.length, 500])
  append(memory, run(501, 501, 'a'.repeat(2_000_000)))
  expect(seqs(memory.entries)).toEqual(seqs(run(452, 501)))
})

test('with less room it is fewer still, down to the newest page', () => {
  const memory = memoryOf('e', run(1, 500), 500, 50_000)
  expect(memory.entries.length).toBeGreaterThan(50)
  expect(memory.entries.length).toBeLessThan(125)
  append(memory, run(501, 501), 5_000)
  expect([memory.last, memory.entries.length]).toEqual([501, 50])
})

test('nothing appended changes nothing', () => {
  const memory = memoryOf('e', run(4, 6), 6)
  append(memory, [])
  expect(memory).toEqual(memoryOf('e', run(4, 6), 6))
})

test('a slice has both its ends, as far as they are there', () => {
  const memory = memoryOf('e', run(4, 9), 9)
  expect(seqs(slice(memory, 5, 7))).toEqual([5, 6, 7])
  expect(seqs(slice(memory, 1, 5))).toEqual([4, 5])
  expect(seqs(slice(memory, 8, 99))).toEqual([8, 9])
  expect(slice(memory, 1, 3)).toEqual([])
  expect(slice(memory, 10, 12)).toEqual([])
})

test('a page that was made ready is forgotten with the next entry', () => {
  const memory = emptyMemory()
  append(memory, run(1, 3))
  const head = { channel: 'wall', epoch: 'e', first: 1, last: 3, head: 3, hasMore: false }
  memory.newest = readyPage(head, Buffer.from('{}'))
  append(memory, run(4, 4))
  expect(memory.newest).toBeUndefined()
})
