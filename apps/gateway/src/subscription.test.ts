import type { Entry } from '@parvis/contracts/post'
import { eventually } from '@parvis/testing/eventually'
import { type Behind, Subscription } from './subscription.ts'
import { frameText } from './testing/frame-text.ts'
import { scriptedWall } from './testing/scripted-wall.ts'

const SLOW = 1024 * 1024 + 1
/** A wall of which this gateway's memory (1 MiB) holds the newest 238, so that the 100 after 600 are in MySQL alone. */
const longPosts = { posts: 900, text: 'a'.repeat(4_000) }

/** A browser of the scripted wall: what it was sent, and how much of that it has not read. */
function reader(wall: ReturnType<typeof scriptedWall>, from: { after?: number; epoch?: string } = {}) {
  // biome-ignore lint/suspicious/noExplicitAny: frames of every type
  const frames: any[] = []
  const sizes: number[] = []
  const state = { unsent: 0, growing: false }
  const behind: Behind = new Set()
  function send(frame: string): void {
    frames.push(JSON.parse(frame))
    sizes.push(Buffer.byteLength(frame))
    if (state.growing) state.unsent += Buffer.byteLength(frame)
  }
  const outlet = {
    send,
    write: (frame: Buffer) => send(frameText(frame)),
    unsentBytes: () => state.unsent,
    signal: new AbortController().signal,
  }
  const where = { channel: 'wall', after: from.after, epoch: from.epoch }
  const subscribe = () => new Subscription({ ...wall, behind }, outlet, where)
  const subscription = subscribe()
  subscription.start()
  const seqs = () => frames.flatMap(({ entries }) => (entries ?? []).map(({ seq }: Entry) => seq))
  return { frames, sizes, state, behind, subscription, subscribe, seqs }
}
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

test('a new reader gets the newest 50 in one frame, and then each update as it comes', async () => {
  const wall = scriptedWall({ posts: 60 })
  const { frames } = reader(wall)
  await eventually(() => expect(frames).toHaveLength(1))
  expect(frames[0]).toMatchObject({ type: 'wall.snapshot', reason: 'fresh', epoch: 'e1', first: 11, last: 60 })
  expect(frames[0]).toMatchObject({ hasMore: true, entries: { length: 50 } })
  wall.channels.onUpdated(...wall.store())
  expect(frames[1]).toMatchObject({ type: 'wall.updated', first: 61, last: 61 })
  // The second reader finds a channel that is sure: it too is answered once.
  const second = reader(wall)
  expect(second.frames).toHaveLength(1)
})

test('a channel that nobody has posted to is shown empty, and its first post comes', async () => {
  const wall = scriptedWall()
  const { frames } = reader(wall)
  await eventually(() =>
    expect(frames).toMatchObject([{ epoch: null, entries: [], first: 0, last: 0, hasMore: false }]),
  )
  wall.channels.onUpdated(...wall.store())
  expect(frames[1]).toMatchObject({ type: 'wall.updated', epoch: 'e1', first: 1, last: 1 })
})

test.each([
  ['what is in memory', { posts: 900 }, 890, from(891, 900)],
  ['what only MySQL has', longPosts, 400, from(401, 900)],
  ['all of a short wall', { posts: 3 }, 0, [1, 2, 3]],
])('a reader that names its last gets exactly what it missed: %s', async (_what, posts, after, missed) => {
  const wall = scriptedWall(posts)
  const { frames, seqs } = reader(wall, { after, epoch: 'e1' })
  await eventually(() => expect(seqs()).toEqual(missed))
  expect(frames.every(({ type }) => type === 'wall.updated')).toBe(true)
})

test('a reader that missed nothing is told so', async () => {
  const wall = scriptedWall({ posts: 7 })
  const { frames } = reader(wall, { after: 7, epoch: 'e1' })
  await eventually(() => expect(frames).toMatchObject([{ type: 'wall.updated', first: 8, last: 7, entries: [] }]))
})

test('a reader that missed more than 500 gets a page, and how many it does not get', async () => {
  const wall = scriptedWall({ posts: 900 })
  const { frames } = reader(wall, { after: 399 })
  await eventually(() => expect(frames).toMatchObject([{ reason: 'too-old', first: 851, last: 900, missed: 451 }]))
})

test('a reader of another epoch gets a page', async () => {
  const wall = scriptedWall({ posts: 10 })
  const { frames } = reader(wall, { after: 5, epoch: 'e0' })
  await eventually(() => expect(frames).toMatchObject([{ reason: 'epoch-changed', epoch: 'e1', first: 1, last: 10 }]))
})

test('a reader that is ahead of this gateway waits for what is coming', async () => {
  const wall = scriptedWall({ posts: 10 })
  const first = reader(wall)
  await eventually(() => expect(first.frames).toHaveLength(1))
  // Another gateway has shown it 11 and 12; here their broadcasts are late.
  const late = [wall.store(), wall.store()]
  const { frames, seqs } = reader(wall, { after: 12, epoch: 'e1' })
  await eventually(() => expect(frames).toMatchObject([{ type: 'wall.updated', first: 13, last: 12, entries: [] }]))
  for (const broadcast of late) wall.channels.onUpdated(...broadcast)
  wall.channels.onUpdated(...wall.store())
  expect(seqs()).toEqual([13])
  expect(first.seqs()).toEqual(from(1, 13))
})

test('what comes while MySQL is asked whether it is coming makes nobody else wait', async () => {
  const wall = scriptedWall({ posts: 10 })
  const first = reader(wall)
  await eventually(() => expect(first.frames).toHaveLength(1))
  const { promise, resolve } = Promise.withResolvers<void>()
  wall.gate = promise
  const late = wall.store()
  wall.questions.length = 0
  const { frames } = reader(wall, { after: 11, epoch: 'e1' })
  await eventually(() => expect(wall.questions).toEqual(['positions']))
  wall.channels.onUpdated(...late)
  resolve()
  await eventually(() => expect(frames).toMatchObject([{ type: 'wall.updated', first: 12, last: 11, entries: [] }]))
  expect(wall.questions).toEqual(['positions'])
})

test('what comes while nobody says whether it is coming is no other epoch', async () => {
  const wall = scriptedWall({ posts: 10 })
  const first = reader(wall)
  await eventually(() => expect(first.frames).toHaveLength(1))
  wall.away = true
  const late = wall.store()
  const { frames } = reader(wall, { after: 11, epoch: 'e1' })
  wall.channels.onUpdated(...late)
  await eventually(() => expect(frames).toMatchObject([{ type: 'wall.updated', first: 12, last: 11, entries: [] }]))
})

test.each([false, true])('a reader ahead of MySQL is of another epoch (nobody to ask: %s)', async (away) => {
  const wall = scriptedWall({ posts: 10 })
  const first = reader(wall)
  await eventually(() => expect(first.frames).toHaveLength(1))
  wall.away = away
  const { frames } = reader(wall, { after: 11 })
  await eventually(() => expect(frames).toMatchObject([{ type: 'wall.snapshot', reason: 'epoch-changed', last: 10 }]))
})

test('updates that come between subscribing and reading are neither lost nor doubled', async () => {
  const wall = scriptedWall({ posts: 3 })
  const { promise, resolve } = Promise.withResolvers<void>()
  wall.gate = promise
  const { frames, seqs } = reader(wall, { after: 2 })
  await eventually(() => expect(wall.questions).toEqual(['page']))
  // The page was read with 3 as its last; 3 itself is heard once more, and two new ones.
  wall.channels.onUpdated(...wall.store())
  wall.channels.onUpdated(...wall.store())
  expect(frames).toEqual([])
  resolve()
  await eventually(() => expect(seqs()).toEqual([3, 4, 5]))
})

test('updates that come while MySQL is asked for older ones are neither lost nor doubled', async () => {
  const wall = scriptedWall(longPosts)
  const first = reader(wall)
  await eventually(() => expect(first.frames).toHaveLength(1))
  const { promise, resolve } = Promise.withResolvers<void>()
  wall.gate = promise
  const { seqs } = reader(wall, { after: 400 })
  wall.channels.onUpdated(...wall.store(2))
  resolve()
  await eventually(() => expect(seqs()).toEqual(from(401, 902)))
  wall.channels.onUpdated(...wall.store())
  expect(seqs()).toEqual(from(401, 903))
})

test('a channel that is begun anew while MySQL is asked is shown anew, nothing of the two is mixed', async () => {
  const wall = scriptedWall(longPosts)
  const first = reader(wall)
  await eventually(() => expect(first.frames).toHaveLength(1))
  const { promise, resolve } = Promise.withResolvers<void>()
  wall.gate = promise
  const { frames } = reader(wall, { after: 400 })
  wall.beginAnew('e2', 450)
  wall.gate = Promise.resolve()
  wall.channels.onUpdated(...wall.store())
  await eventually(() => expect(first.frames.at(-1)).toMatchObject({ reason: 'epoch-changed', last: 451 }))
  resolve()
  await eventually(() => expect(frames).toMatchObject([{ reason: 'epoch-changed', epoch: 'e2', last: 451 }]))
})

test('a reader that names no epoch gets a page when MySQL has begun anew before this gateway knows', async () => {
  const wall = scriptedWall(longPosts)
  const first = reader(wall)
  await eventually(() => expect(first.frames).toHaveLength(1))
  wall.beginAnew('e2', 1_000)
  const { frames } = reader(wall, { after: 500 })
  await eventually(() => expect(frames).toMatchObject([{ reason: 'epoch-changed', epoch: 'e2', last: 1_000 }]))
})

test('older entries that nobody can be asked for become a page', async () => {
  const wall = scriptedWall(longPosts)
  const first = reader(wall)
  await eventually(() => expect(first.frames).toHaveLength(1))
  wall.away = true
  const { frames } = reader(wall, { after: 400 })
  await eventually(() => expect(frames).toMatchObject([{ reason: 'too-old', missed: 450, first: 851 }]))
})

test('a slow reader is sent nothing until it has drained, and then exactly what it missed', async () => {
  const wall = scriptedWall({ posts: 1 })
  const { frames, state, subscription, seqs } = reader(wall)
  await eventually(() => expect(frames).toHaveLength(1))
  state.unsent = SLOW
  wall.channels.onUpdated(...wall.store())
  wall.channels.onUpdated(...wall.store(2))
  state.unsent = SLOW / 2
  subscription.onTick()
  wall.channels.onUpdated(...wall.store())
  expect(frames).toHaveLength(1)
  expect(subscription.positionFrame()).toBeUndefined()
  state.unsent = 0
  subscription.onTick()
  expect(seqs()).toEqual([1, 2, 3, 4, 5])
  wall.channels.onUpdated(...wall.store())
  expect(seqs()).toEqual(from(1, 6))
})

test('only a slow reader is looked at, until it has drained or is gone', async () => {
  const wall = scriptedWall({ posts: 1 })
  const { frames, state, behind, subscription } = reader(wall)
  await eventually(() => expect(frames).toHaveLength(1))
  expect(behind.size).toBe(0)
  const fallBehind = () => {
    state.unsent = SLOW
    wall.channels.onUpdated(...wall.store())
    state.unsent = 0
  }
  fallBehind()
  expect([...behind]).toEqual([subscription])
  for (const one of [...behind]) one.onTick()
  expect(behind.size).toBe(0)
  fallBehind()
  expect(behind.size).toBe(1)
  subscription.stop()
  expect(behind.size).toBe(0)
})

test('whoever subscribes again and again without reading is not buffered for', async () => {
  const wall = scriptedWall({ posts: 50, text: 'a'.repeat(4_000) })
  const { frames, sizes, state, behind, subscription, subscribe } = reader(wall)
  await eventually(() => expect(frames).toHaveLength(1))
  state.growing = true
  let last = subscription
  for (let n = 0; n < 100; n++) {
    last.stop()
    last = subscribe()
    last.start()
  }
  expect(state.unsent).toBeLessThan(SLOW + Math.max(...sizes))
  expect([...behind]).toEqual([last])
  const before = frames.length
  state.unsent = 0
  last.onTick()
  expect(frames.slice(before)).toMatchObject([{ type: 'wall.snapshot', reason: 'fresh', last: 50 }])
})

test('a slow reader that fell more than 500 behind gets a page when it has drained', async () => {
  const wall = scriptedWall({ posts: 1 })
  const { frames, state, subscription } = reader(wall)
  await eventually(() => expect(frames).toHaveLength(1))
  state.unsent = SLOW
  for (let n = 0; n < 6; n++) wall.channels.onUpdated(...wall.store(100))
  wall.channels.onRefreshed({ ...wall.store(1)[0], reason: 'refreshed' })
  expect(frames).toHaveLength(1)
  state.unsent = 0
  subscription.onTick()
  expect(frames[1]).toMatchObject({ type: 'wall.snapshot', reason: 'too-old', last: 602 })
  expect(frames[1].missed + frames[1].entries.length).toBe(601)
})

test('500 posts of 4 KB go out in frames of at most 512 KiB, as fast as they are read', async () => {
  const wall = scriptedWall({ posts: 500, text: 'é'.repeat(2_000) })
  const { frames, sizes, state, subscription, seqs } = reader(wall, { after: 0 })
  state.growing = true
  await eventually(() => expect(frames.length).toBeGreaterThan(0))
  for (let drained = 0; drained < 10; drained++) {
    expect(state.unsent).toBeLessThan(SLOW + 512 * 1024)
    state.unsent = 0
    subscription.onTick()
    await new Promise(setImmediate)
  }
  expect(seqs()).toEqual(from(1, 500))
  expect(Math.max(...sizes)).toBeLessThanOrEqual(512 * 1024)
  expect(frames.length).toBeLessThan(8)
})

test('while this gateway hears nothing a new reader is told so, and answered when it hears again', async () => {
  const wall = scriptedWall({ posts: 3 })
  wall.channels.onDown()
  const { frames } = reader(wall)
  await eventually(() =>
    expect(frames).toMatchObject([{ type: 'problem', code: 'not-available', channel: 'wall', retryAfterS: 5 }]),
  )
  wall.channels.onUp()
  await eventually(() => expect(frames[1]).toMatchObject({ type: 'wall.snapshot', reason: 'fresh', last: 3 }))
})

test('a live reader gets what was said while this gateway heard nothing', async () => {
  const wall = scriptedWall({ posts: 3 })
  const { frames, seqs } = reader(wall)
  await eventually(() => expect(frames).toHaveLength(1))
  wall.channels.onDown()
  wall.store(4)
  wall.channels.onUp()
  await eventually(() => expect(seqs()).toEqual(from(1, 7)))
  expect(frames[1]).toMatchObject({ type: 'wall.updated', first: 4, last: 7 })
})

test('the position is what MySQL said, not what this gateway has', async () => {
  const wall = scriptedWall({ posts: 3 })
  const { frames, subscription } = reader(wall)
  await eventually(() => expect(frames).toHaveLength(1))
  expect(subscription.positionFrame()).toBeUndefined()
  wall.channels.onPositions([{ channel: 'wall', epoch: 'e1', last: 2 }])
  expect(JSON.parse(frameText(subscription.positionFrame()!))).toEqual({
    type: 'wall.position',
    channel: 'wall',
    epoch: 'e1',
    last: 2,
  })
})

test('a reader that has left is sent nothing more', async () => {
  const wall = scriptedWall(longPosts)
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = reader(wall)
  await eventually(() => expect(first.frames).toHaveLength(1))
  wall.gate = promise
  const { frames, subscription } = reader(wall, { after: 400 })
  subscription.stop()
  first.subscription.stop()
  resolve()
  wall.channels.onUpdated(...wall.store())
  await new Promise(setImmediate)
  expect([frames.length, first.frames.length]).toEqual([0, 1])
})
