import type { WallUpdated } from '@parvis/contracts/wall-updated'
import { eventually } from '@parvis/testing/eventually'
import { gatherUpdates } from './gather-updates.ts'
import { broadcastOf, entryOf } from './testing/scripted-wall.ts'

/** One turn for the updates, one for what came with them. */
async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Gives updates within one turn; resolves with what was passed on soon after. */
async function gathered(...broadcasts: [WallUpdated, Buffer][]) {
  const passed: [WallUpdated, Buffer | undefined][] = []
  const gather = gatherUpdates(
    (update, frame) => passed.push([update, frame]),
    () => 0,
  )
  for (const [update, frame] of broadcasts) gather(update, frame)
  await turns()
  return passed
}
const update = (first: number, last = first, text = 'a') =>
  broadcastOf(
    'e1',
    Array.from({ length: last - first + 1 }, (_, i) => entryOf(first + i, text)),
  )

test('an update alone is passed on as the bytes that came', async () => {
  const [value, bytes] = update(1)
  expect(await gathered([value, bytes])).toEqual([[value, bytes]])
})

test('updates that follow each other within a turn become one, which says what they said', async () => {
  const [one, ...more] = await gathered(update(1), update(2, 4), update(5))
  expect(more).toEqual([])
  expect(one?.[0]).toMatchObject({ channel: 'wall', epoch: 'e1', first: 1, last: 5 })
  expect(one?.[0].entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
  expect(one?.[1]).toBeUndefined()
})

test.each([
  ['a hole', [update(1), update(3)]],
  ['a repeat', [update(1, 2), update(2)]],
  ['another epoch', [update(1), broadcastOf('e2', [entryOf(2)])]],
  ['more than 500 entries', [update(1, 400), update(401, 501)]],
  ['more than 512 KiB', [update(1, 100, 'a'.repeat(3_000)), update(101, 200, 'a'.repeat(3_000))]],
])('is not joined over %s; the order stays', async (_what, broadcasts) => {
  expect(await gathered(...broadcasts)).toEqual(broadcasts)
})

test('channels are gathered apart', async () => {
  const [there, frame] = update(7)
  const other = { ...there, channel: 'other' }
  const passed = await gathered(update(1), [other, frame], update(2))
  expect(passed.map(([{ channel, first, last }]) => [channel, first, last])).toEqual([
    ['wall', 1, 2],
    ['other', 7, 7],
  ])
})

/** A wall where each broadcast takes 40 ms of processor time; `rested` gives how long the second waited for its turn. */
async function rested(arrived: () => number): Promise<{ ms: number; passed: [first: number, last: number][] }> {
  const passed: [first: number, last: number][] = []
  let ended = 0
  let began = 0
  const gather = gatherUpdates(({ first, last }) => {
    began = performance.now()
    passed.push([first, last])
    const before = process.threadCpuUsage().user
    while (process.threadCpuUsage().user - before < 40_000);
    ended ||= performance.now()
  }, arrived)
  gather(...update(1))
  await eventually(() => expect(passed).toHaveLength(1))
  gather(...update(2))
  await turns()
  gather(...update(3))
  await eventually(() => expect(passed.at(-1)?.[1]).toBe(3))
  return { ms: began - ended, passed }
}

test('after a broadcast that took long, what comes while it rests goes out together; the order stays', async () => {
  // A process that gets no processor until the rest is over passes on one by one, and rightly: it is tried again.
  await eventually(async () => {
    expect((await rested(() => 0)).passed).toEqual([
      [1, 1],
      [2, 3],
    ])
  })
})

test('rests for longer while a crowd comes back', async () => {
  expect((await rested(() => 201)).ms).toBeGreaterThan(150)
})
