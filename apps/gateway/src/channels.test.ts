import type { SnapshotReason } from '@parvis/contracts/live-protocol'
import type { Entry } from '@parvis/contracts/post'
import { eventually } from '@parvis/testing/eventually'
import { frameText } from './testing/frame-text.ts'
import { broadcastOf, entryOf, scriptedWall } from './testing/scripted-wall.ts'

/** Someone who is told all that happens in a channel, and what they were told. */
function watch(wall: ReturnType<typeof scriptedWall>, name = 'wall') {
  const seqs: number[] = []
  const frames: string[] = []
  const anew: [SnapshotReason, before: number][] = []
  const told = { sure: 0 }
  const channel = wall.channels.open(name)
  const watcher = {
    onRun(frame: Buffer) {
      frames.push(frameText(frame))
      seqs.push(...JSON.parse(frameText(frame)).entries.map(({ seq }: Entry) => seq))
    },
    onAnew: (reason: SnapshotReason, before: number) => void anew.push([reason, before]),
    onSure: () => void told.sure++,
  }
  wall.channels.watch(channel, watcher)
  return { channel, watcher, seqs, frames, anew, told }
}
async function watched(posts: number) {
  const wall = scriptedWall({ posts })
  const watching = watch(wall)
  await eventually(() => expect(watching.told.sure).toBe(1))
  wall.questions.length = 0
  return { wall, ...watching }
}
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

test('an update that follows is passed on as the bytes that came, a repeat is dropped, an overlap is cut', async () => {
  const { wall, frames, seqs } = await watched(3)
  const [update, bytes] = wall.store(2)
  wall.channels.onUpdated(update, bytes)
  expect(frames[0]).toBe(bytes.toString())
  wall.channels.onUpdated(update, bytes)
  wall.store()
  wall.channels.onUpdated(...broadcastOf('e1', [entryOf(5), entryOf(6)]))
  expect(seqs).toEqual([4, 5, 6])
  expect(wall.questions).toEqual([])
})

test('after a hole the channel catches up from MySQL; watchers see each entry once, in order', async () => {
  const { wall, channel, seqs, anew } = await watched(3)
  wall.store(2)
  wall.channels.onUpdated(...wall.store())
  expect(channel.sure).toBe(false)
  expect(seqs).toEqual([])
  wall.channels.onUpdated(...wall.store())
  await eventually(() => expect(seqs).toEqual([4, 5, 6, 7]))
  expect(channel).toMatchObject({ sure: true, held: [] })
  expect(anew).toEqual([])
})

test('a hole of more than 500 is told, and the channel is shown anew', async () => {
  const { wall, channel, seqs, anew } = await watched(3)
  wall.store(600)
  wall.channels.onUpdated(...wall.store())
  await eventually(() => expect(anew).toEqual([['too-old', 3]]))
  expect(seqs).toEqual([])
  expect(channel.memory.last).toBe(604)
})

test('a new epoch shows the channel anew, also one that is shorter', async () => {
  const { wall, channel, anew } = await watched(5)
  wall.beginAnew('e2', 1)
  wall.channels.onUpdated(...wall.store())
  await eventually(() => expect(anew).toEqual([['epoch-changed', 5]]))
  expect(channel.memory).toMatchObject({ epoch: 'e2', last: 2 })
})

test('what is held while a channel catches up is bounded, and nothing is missed for it', async () => {
  const { wall, channel, seqs } = await watched(3)
  const { promise, resolve } = Promise.withResolvers<void>()
  wall.gate = promise
  wall.store()
  for (let n = 0; n < 300; n++) wall.channels.onUpdated(...wall.store())
  expect(channel.held).toHaveLength(200)
  wall.gate = Promise.resolve()
  resolve()
  await eventually(() => expect(seqs).toEqual(from(4, 304)))
})

test('a catching-up that nobody answers is tried again until somebody does', async () => {
  const { wall, seqs } = await watched(3)
  wall.away = true
  wall.store()
  wall.channels.onUpdated(...wall.store())
  await eventually(() => expect(wall.questions.length).toBeGreaterThan(2))
  wall.away = false
  await eventually(() => expect(seqs).toEqual([4, 5]))
})

test('a position that stays ahead for 2 s has something that was missed; one that is reached meanwhile has not', async () => {
  const { wall, channel, seqs } = await watched(3)
  const late = wall.store()
  wall.channels.onPositions([{ channel: 'wall', epoch: 'e1', last: 4 }])
  wall.channels.onUpdated(...late)
  wall.store(2)
  await eventually(() => expect(channel.doubt).toBeUndefined())
  expect(wall.questions).toEqual([])
  const asked = performance.now()
  wall.channels.onPositions([{ channel: 'wall', epoch: 'e1', last: 6 }])
  await eventually(() => expect(seqs).toEqual([4, 5, 6]))
  expect(performance.now() - asked).toBeGreaterThan(1_900)
})

test('a position of another epoch is a doubt too', async () => {
  const { wall, anew } = await watched(3)
  wall.beginAnew('e2', 1)
  wall.channels.onPositions([{ channel: 'wall', epoch: 'e2', last: 1 }])
  await eventually(() => expect(anew).toEqual([['epoch-changed', 3]]))
})

test('while nothing is heard no channel is sure, and those that nobody watches are forgotten', async () => {
  const { wall, channel } = await watched(3)
  await wall.channels.sync(wall.channels.open('read-once'))
  expect(wall.channels.size()).toBe(2)
  wall.channels.onDown()
  expect([channel.sure, wall.channels.size()]).toEqual([false, 1])
  await wall.channels.sync(wall.channels.open('asked-for-meanwhile'))
  expect(wall.channels.open('asked-for-meanwhile').sure).toBe(false)
  wall.channels.onUp()
  await eventually(() => expect(channel.sure).toBe(true))
})

test('an answer from before the broker was lost is not taken after it', async () => {
  const wall = scriptedWall({ posts: 3 })
  const { promise, resolve } = Promise.withResolvers<void>()
  wall.gate = promise
  const { channel, told } = watch(wall)
  await eventually(() => expect(wall.questions).toEqual(['page']))
  wall.channels.onDown()
  // Its broadcast goes past a gateway that hears nothing, and nobody will speak of it again.
  wall.store()
  wall.channels.onUp()
  wall.gate = Promise.resolve()
  resolve()
  await eventually(() => expect(told.sure).toBe(1))
  expect(channel.memory.last).toBe(4)
})

test('a channel catches up also when the broker is lost and back while it is being asked for', async () => {
  const { wall, channel, seqs } = await watched(3)
  const { promise, reject } = Promise.withResolvers<void>()
  wall.gate = promise
  wall.store()
  wall.channels.onUpdated(...wall.store())
  await eventually(() => expect(wall.questions).toEqual(['after 3']))
  wall.channels.onDown()
  wall.channels.onUp()
  wall.gate = Promise.resolve()
  // As a question ends whose answer went to a queue that is gone.
  reject(new Error('no cache-worker has answered'))
  await eventually(() => expect([channel.sure, seqs]).toEqual([true, [4, 5]]))
})

test('a reading that fails after its channel was forgotten does not make anyone forget the one that has its name', async () => {
  const wall = scriptedWall({ posts: 3 })
  const { promise, reject } = Promise.withResolvers<void>()
  wall.gate = promise
  const read = wall.channels.sync(wall.channels.open('wall'))
  await eventually(() => expect(wall.questions).toEqual(['page']))
  wall.channels.onDown()
  const { channel } = watch(wall)
  reject(new Error('no cache-worker has answered'))
  await read
  expect(wall.channels.known('wall')).toBe(channel)
})

test('a thousand channels are remembered; the least recently used is forgotten, one that is watched never', async () => {
  const { wall, channel, watcher } = await watched(3)
  const [c0, c1] = Array.from({ length: 1_000 }, (_, n) => wall.channels.open(`c${n}`))
  wall.channels.open('c0')
  wall.channels.open('one-more')
  expect(wall.channels.watched().map(({ name }) => name)).toEqual(['wall'])
  expect(wall.channels.size()).toBe(1_001)
  expect(wall.channels.open('c0')).toBe(c0)
  expect(wall.channels.open('c1')).not.toBe(c1)
  // Left by all it is one of them, the last that was used.
  wall.channels.unwatch(channel, watcher)
  expect(wall.channels.size()).toBe(1_000)
  for (let n = 0; n < 999; n++) wall.channels.open(`d${n}`)
  expect(wall.channels.known('wall')).toBe(channel)
  for (let n = 0; n < 1_000; n++) wall.channels.open(`e${n}`)
  expect(wall.channels.known('wall')).toBeUndefined()
})

test('a page that was asked for by hand shows the channel anew, with what has come since it was read', async () => {
  const { wall, channel, anew } = await watched(3)
  const page = { ...broadcastOf('e1', [entryOf(1), entryOf(2), entryOf(3, 'as it is now')])[0], head: 3 }
  wall.channels.onUpdated(...wall.store())
  wall.channels.onRefreshed({ ...page, reason: 'refreshed' })
  expect(anew).toEqual([['refreshed', 4]])
  expect(channel.memory.entries.map(({ post }) => post.text)).toEqual(['post 1', 'post 2', 'as it is now', 'post 4'])
})

test('a page that was asked for by hand and comes late leaves no hole in the memory', async () => {
  const { wall, channel } = await watched(3)
  wall.channels.onUpdated(...wall.store())
  channel.memory.entries.splice(0, 2)
  const late = { ...broadcastOf('e1', [entryOf(1)])[0], head: 1 }
  wall.channels.onRefreshed({ ...late, reason: 'refreshed' })
  expect(channel.memory.entries.map(({ seq }) => seq)).toEqual([3, 4])
  expect(channel.memory).toMatchObject({ last: 4, shallow: true })
})

test('a window in Redis counts only with a living lease and to its end', async () => {
  const window = { epoch: 'e1', first: 1, last: 2, leased: true, entries: [entryOf(1), entryOf(2)] }
  for (const [worse, source] of [
    [{}, 'redis'],
    [{ leased: false }, 'mysql'],
    [{ last: 3 }, 'mysql'],
  ] as const) {
    const wall = scriptedWall({ posts: 2 })
    wall.window = { ...window, ...worse }
    const { channel, told } = watch(wall)
    await eventually(() => expect(told.sure).toBe(1))
    expect([channel.source, channel.memory.last]).toEqual([source, 2])
  }
})
