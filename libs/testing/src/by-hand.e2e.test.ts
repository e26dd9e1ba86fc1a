import { readFile } from 'node:fs/promises'
import { type Example, examplesOf, readExamples } from '@parvis/contracts/examples'
import type { Ground } from '@parvis/stack/ground'
import { manage } from '@parvis/stack/manage'
import { publishByHand } from './by-hand.ts'
import { eventually } from './eventually.ts'
import { startTestWall } from './test-wall.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// What a person publishes in RabbitMQ's management page takes the same road as a browser's post.

const resources = new AsyncDisposableStack()
const examples = await readExamples('messages')
let ground: Ground
let near = ''
let far = ''
let vhost = ''

beforeAll(async () => {
  ;({ ground, near, far } = await startTestWall(resources))
  vhost = new URL(ground.servers.rabbitmq.url).pathname.slice(1)
})

afterAll(() => resources.disposeAsync())

interface PostBody {
  text: string
  channel?: string
  author?: string
  id?: string
}

test.each(examplesOf('post.created', examples))(
  '$name.json, pasted as it is, is on the wall, marked',
  async ({ text, body }) => {
    const posts = (body as { posts?: PostBody[] }).posts ?? [body as PostBody]
    using cafe = await openReader(near, 'cafe')
    using main = await openReader(near)
    await publishByHand(ground, 'post.created', text)
    for (const { text, channel = 'wall', author = 'anonymous', id } of posts) {
      const reader = channel === 'cafe' ? cafe : main
      await eventually(() =>
        expect(reader.entries.map(({ post }) => post)).toContainEqual(
          expect.objectContaining({ text, channel, author, via: 'broker', ...(id && { id }) }),
        ),
      )
    }
  },
)

test('with an id a post is on the wall once, however often it is published', async () => {
  const { text, body } = example('post-created-once')
  const end = { text: 'the end of once' }
  using reader = await openReader(near)
  for (let n = 0; n < 3; n++) await publishByHand(ground, 'post.created', text)
  await publishByHand(ground, 'post.created', end)
  await eventually(() => expect(textsOf(reader)).toContain(end.text))
  expect(textsOf(reader).filter((text) => text === (body as PostBody).text)).toHaveLength(1)
})

test('the command that the README shows for a shell posts', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  const command = /```sh\n(curl .*?)```/s.exec(readme)?.[1] ?? ''
  using reader = await openReader(near)
  const before = await eventually(() => {
    expect(reader.frames).not.toEqual([])
    return reader.entries.length
  })
  // Its parts are sent by other means: a bare machine has no curl.
  const [, path, header, body] = /^curl "\$MANAGEMENT(\S+)" -H '(.*?)' -d '(.*)'\s*$/s.exec(command) ?? []
  expect([path, header]).toEqual(['/api/exchanges/parvis/wall.commands/publish', 'content-type: application/json'])
  // A test has a virtual host of its own.
  const here = path!.replace('/parvis/', `/${vhost}/`)
  expect(await manage(ground.servers.rabbitmq.management, 'POST', here, JSON.parse(body!))).toEqual({ routed: true })
  await eventually(() => expect(reader.entries).toHaveLength(before + 1))
  expect(reader.entries.at(-1)?.post).toMatchObject({ text: 'from the management page', via: 'broker' })
})

test.each([
  ['what is not JSON', '{"text": ', /^malformed-json: /],
  ['a list', '[1]', /^value-not-fit: body: /],
  ['no text', '{}', /^value-not-fit: body: .*text/],
  ['a number for a text', '{"text": 5}', /^value-not-fit: text: must be string$/],
  ['a field that does not exist', '{"text": "a", "colour": "red"}', /^value-not-fit: colour: no such field$/],
  ['an unknown version', '{"version": 2, "text": "a"}', /^value-not-fit: version: .*\(1\)$/],
  ['another type', '{"type": "post.stored", "text": "a"}', /^value-not-fit: type: .*\(post\.created\)$/],
  ['an id that is no UUID', '{"id": "mine", "text": "a"}', /^value-not-fit: id: /],
  ['blanks', '{"text": " \\n"}', /^text-empty: text: /],
  ['half of a character', '{"text": "\\ud83d"}', /^text-not-fit: text: /],
  ['501 letters', JSON.stringify({ text: 'é'.repeat(501) }), /^text-too-long: text: at most 500 .* 501$/],
  ['a channel with a blank', '{"text": "a", "channel": "a b"}', /^channel-not-fit: channel: /],
  ['an author of two scripts', '{"text": "a", "author": "аlice"}', /^pseudo-not-fit: author: /],
  ['an empty pack', '{"posts": []}', /^value-not-fit: posts: /],
])('%s is parked as it is with the reason, and the next post is on the wall', async (what, payload, reason) => {
  using reader = await openReader(near)
  await publishByHand(ground, 'post.created', payload)
  await publishByHand(ground, 'post.created', { text: `after ${what}` })
  await eventually(() => expect(textsOf(reader)).toContain(`after ${what}`))
  await eventually(async () => {
    const mine = (await parked()).filter((one) => one.payload === payload || one.payload.includes(`after ${what}`))
    expect(mine).toEqual([parkedFrom('post-worker.p0', reason, payload)])
  })
})

test('an unfit post that was given an id can be asked for by it', async () => {
  const id = crypto.randomUUID()
  await publishByHand(ground, 'post.created', { text: '', id })
  await eventually(async () => {
    const { status, body } = await call(`${near}/posts/${id}`, 'GET')
    expect([status, body.status, body.code]).toEqual([200, 'parked', 'post-parked'])
    expect(body.message).toMatch(/^text-empty: text: /)
  })
})

test('of a pack only the post that does not fit is parked', async () => {
  using reader = await openReader(near)
  await publishByHand(ground, 'post.created', { posts: [{ text: 'pack 1' }, { text: 7 }, { text: 'pack 3' }] })
  await eventually(() => expect(textsOf(reader).slice(-2)).toEqual(['pack 1', 'pack 3']))
  await eventually(async () => {
    const mine = (await parked()).filter(({ payload }) => payload.includes('"text":7'))
    expect(mine).toEqual([parkedFrom('post-worker.p0', /^value-not-fit: text: must be string$/, expect.any(String))])
    expect(JSON.parse(mine[0]!.payload)).toMatchObject({ type: 'post.created', posts: [{ text: 7 }] })
  })
})

test('a person who names themselves like a living pseudo is marked all the same', async () => {
  await tokenOf(near, 'Grace')
  using reader = await openReader(near)
  const body = { ...(example('post-created-from-gateway').body as PostBody), id: undefined, clientId: undefined }
  await publishByHand(ground, 'post.created', { ...body, author: 'Grace', text: 'I am Grace' })
  await eventually(() => expect(textsOf(reader)).toContain('I am Grace'))
  const post = reader.entries.find(({ post }) => post.text === 'I am Grace')?.post
  expect(post).toMatchObject({ author: 'Grace', via: 'broker' })
})

test.each([example('wall-requested'), example('wall-requested-default')])(
  '$name.json, pasted as it is, makes every page of every gateway show the wall anew',
  async ({ name, text }) => {
    const there = `there for ${name}`
    await publishByHand(ground, 'post.created', { text: there })
    using one = await openReader(near)
    using other = await openReader(far)
    const readers = [one, other]
    for (const reader of readers) await eventually(() => expect(textsOf(reader)).toContain(there))
    const before = textsOf(one)
    await publishByHand(ground, 'wall.requested', text)
    for (const reader of readers) {
      await eventually(() => expect(reader.lastFrame()).toMatchObject({ type: 'wall.snapshot', reason: 'refreshed' }))
      expect(textsOf(reader)).toEqual(before)
    }
  },
)

test.each([
  ['an unknown version', '{"version": 2}', /^value-not-fit: version: .*\(1\)$/],
  ['an unknown wish', '{"want": "everything"}', /^value-not-fit: want: /],
  ['no channel', '{"channels": []}', /^value-not-fit: channels: /],
  ['a channel with a blank', '{"channels": ["wall", "a b"]}', /^channel-not-fit: channels: /],
])('a wall.requested of %s is parked with the reason', async (_what, payload, reason) => {
  await publishByHand(ground, 'wall.requested', payload)
  await eventually(async () => {
    const mine = (await parked()).filter((message) => message.payload === payload)
    expect(mine).toEqual([parkedFrom('cache-worker.wall-requested', reason, payload)])
  })
})

test('a wall.requested by hand for a piece of the middle leaves no hole in what is shown', async () => {
  const channel = 'middle'
  for (const text of ['1', '2', '3', '4']) await publishByHand(ground, 'post.created', { text, channel })
  using reader = await openReader(near, channel)
  await eventually(() => expect(textsOf(reader)).toEqual(['1', '2', '3', '4']))
  const refreshed = () => reader.frames.filter(({ reason }) => reason === 'refreshed')
  const wishes = [
    { channels: [channel], limit: 1 },
    { channels: [channel], want: 'range', after: 0, limit: 1 },
    { channels: [channel], want: 'page', before: 3, limit: 1 },
  ]
  for (const [n, wish] of wishes.entries()) {
    await publishByHand(ground, 'wall.requested', wish)
    await eventually(() => expect(refreshed()).toHaveLength(n + 1))
    const { entries, last } = refreshed()[n]
    expect(entries.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2, 3, 4].slice(-entries.length))
    expect(last).toBe(4)
    const page = await call(`${near}/posts?channel=${channel}`, 'GET')
    expect(page.body).toMatchObject({ first: 1, last: 4, head: 4 })
    expect(page.body.entries.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2, 3, 4])
  }
})

function example(name: string): Example {
  return examples.find((one) => one.name === name)!
}

function textsOf({ entries }: { entries: { post: { text: string } }[] }): string[] {
  return entries.map(({ post }) => post.text)
}

interface Parked {
  payload: string
  properties: { headers: Record<string, string | number> }
}

/** All that is parked; it stays there. */
async function parked(): Promise<Parked[]> {
  return (await manage(ground.servers.rabbitmq.management, 'POST', `/api/queues/${vhost}/parvis.parked/get`, {
    count: 100,
    ackmode: 'ack_requeue_true',
    encoding: 'auto',
  })) as Parked[]
}

function parkedFrom(queue: string, reason: RegExp, payload: unknown) {
  return expect.objectContaining({
    payload,
    properties: expect.objectContaining({
      headers: expect.objectContaining({
        'x-reason': expect.stringMatching(reason),
        'x-source-queue': queue,
        'x-count': 0,
      }),
    }),
  })
}
