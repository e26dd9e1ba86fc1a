import type { Wall } from '@parvis/stack/supervise'
import { eventually } from './eventually.ts'
import { startTestWall } from './test-wall.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// A whole wall, two gateways: each process killed while posts flow.

const resources = new AsyncDisposableStack()
let wall: Wall
let near = ''
let far = ''

beforeAll(async () => {
  ;({ wall, near, far } = await startTestWall(resources))
})

afterAll(() => resources.disposeAsync())

const texts = (entries: { post: { text: string } }[]) => entries.map(({ post }) => post.text)

test.each(['post-worker', 'db-writer', 'cache-worker'] as const)(
  'a %s that is killed while posts flow loses, doubles and reorders nothing',
  async (service) => {
    const channel = `kill-${service}`
    using reader = await openReader(near, channel)
    const token = await tokenOf(near, `killer of ${service}`)
    const victim = wall.services[service][0]!
    const sent: string[] = []
    for (let n = 0; n < 120; n++) {
      if (n === 40) {
        const back = victim.nextReady()
        victim.kill('SIGKILL')
        void back
      }
      const answer = await call(`${near}/posts`, 'POST', { token, body: { text: `${n}`, channel } })
      expect(answer.status).toBe(202)
      sent.push(`${n}`)
    }
    await eventually(() => expect(texts(reader.entries)).toEqual(sent), 30_000)
    expect(reader.faults).toEqual([])
  },
)

test('a gateway that is killed while posts flow loses and doubles nothing that a client sends again', async () => {
  const channel = 'kill-gateway'
  using reader = await openReader(near, channel)
  const token = await tokenOf(near, 'killer of gateways')
  const victim = wall.gateways[1]!
  for (let n = 0; n < 60; n++) {
    const back = n === 20 ? victim.nextReady() : undefined
    const id = `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`
    const send = () => call(`${far}/posts`, 'POST', { token, body: { text: `${n}`, channel, id } })
    const first = send().catch(() => undefined)
    if (back) {
      victim.kill('SIGKILL')
      await back
    }
    // As a client does: with the same id, until there is an answer.
    if ((await first)?.status !== 202) await eventually(async () => expect((await send()).status).toBe(202))
  }
  await eventually(() => expect(texts(reader.entries)).toEqual(Array.from({ length: 60 }, (_, n) => `${n}`)), 30_000)
  expect(reader.faults).toEqual([])
})
