import type { Publish } from '@parvis/bus/publisher'
import { memoryMessageStore } from '@parvis/bus/stores/memory-message-store'
import { partitionOf } from '@parvis/contracts/partition'
import { pino } from 'pino'
import { createPostLanes } from './post-lanes.ts'

/** A broker that holds each command until it is told what becomes of it. */
function heldBroker() {
  const commands: { key: string; texts: string[]; confirm: () => void }[] = []
  const publish: Publish = ({ routingKey, content }) =>
    new Promise((resolve) => {
      const body = JSON.parse(String(content))
      const texts = (body.posts ?? [body]).map(({ text }: { text: string }) => text)
      commands.push({ key: routingKey, texts, confirm: () => resolve() })
    })
  return { commands, publish }
}
const id = '01890000-0000-7000-8000-000000000001'
const post = (text: string, channel = 'wall') => ({
  ...{ id, clientId: id, sessionId: id, channel, author: 'Ada', text, createdAt: 1 },
})
const lanesOf = (publish: Publish) =>
  createPostLanes({
    publish,
    store: memoryMessageStore(),
    source: 'me',
    onKept: () => {},
    log: pino({ level: 'silent' }),
  })
const settled = () => new Promise(setImmediate)

test('an idle lane sends what came in one turn at once; a busy one packs what came meanwhile, 100 at most, in order', async () => {
  const { commands, publish } = heldBroker()
  const lanes = lanesOf(publish)
  const texts = Array.from({ length: 152 }, (_, n) => `${n}`)
  const done: string[] = []
  const submit = (some: string[]) => {
    for (const text of some) void lanes.submit(post(text)).then(() => done.push(text))
  }
  submit(texts.slice(0, 2))
  await settled()
  expect(commands.map((command) => command.texts)).toEqual([['0', '1']])
  expect(commands[0]?.key).toBe(`post.created.p${partitionOf('wall')}`)
  submit(texts.slice(2))
  await settled()
  expect(lanes.waiting()).toBe(150)
  for (let n = 0; n < 3; n++) {
    // One in flight: the next goes only when it is known what became of this one.
    expect(commands).toHaveLength(n + 1)
    commands[n]!.confirm()
    await settled()
  }
  expect(commands.map((command) => command.texts.length)).toEqual([2, 100, 50])
  expect(commands.flatMap((command) => command.texts)).toEqual(texts)
  expect(done).toEqual(texts)
})

test('a channel of another partition does not wait', async () => {
  const { commands, publish } = heldBroker()
  const lanes = lanesOf(publish)
  const other = ['news', 'talk', 'cafe', 'long'].find((name) => partitionOf(name) !== partitionOf('wall'))
  void lanes.submit(post('a'))
  void lanes.submit(post('b', other))
  await settled()
  expect(commands.map(({ texts }) => texts)).toEqual([['a'], ['b']])
})

test('5,000 posts may wait in a lane; the next is refused, and taken when there is room', async () => {
  const { commands, publish } = heldBroker()
  const lanes = lanesOf(publish)
  void lanes.submit(post('in work'))
  await settled()
  for (let n = 0; n < 5_000; n++) void lanes.submit(post(`${n}`))
  expect(lanes.waiting()).toBe(5_000)
  await expect(lanes.submit(post('too much'))).rejects.toMatchObject({
    name: 'TransientError',
    code: 'too-much-waiting',
  })
  commands[0]!.confirm()
  await settled()
  void lanes.submit(post('room'))
  expect(lanes.waiting()).toBe(4_901)
})
