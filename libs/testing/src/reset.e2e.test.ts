import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Ground } from '@parvis/stack/ground'
import { ROOT } from '@parvis/stack/run-job'
import { startWall, type Wall } from '@parvis/stack/supervise'
import { eventually } from './eventually.ts'
import { freshGround } from './fresh-ground.ts'
import { call, openReader, tokenOf } from './wall-client.ts'

// `npm run wall -- reset <channel>` while a whole wall is up, two gateways, on real servers.

const resources = new AsyncDisposableStack()
let ground: Ground
let wall: Wall
let near = ''
let far = ''
let token = ''

beforeAll(async () => {
  const made = resources.use(await freshGround())
  ground = made
  const env = { ...process.env, REDIS_PREFIX: made.redisPrefix }
  wall = resources.use(await startWall({ servers: made.servers, log: () => {}, env, counts: { gateway: 2 } }))
  near = wall.gateways[0]!.url
  far = wall.gateways[1]!.url
  token = await tokenOf(near, 'Resetter')
})
afterAll(() => resources.disposeAsync())

function runReset(args: string[], more: NodeJS.ProcessEnv = {}) {
  const { mysql, rabbitmq } = ground.servers
  return promisify(execFile)(process.execPath, [join(ROOT, 'tools/wall/src/wall.ts'), ...args], {
    env: { ...process.env, MYSQL_URL: mysql.url, RABBITMQ_URL: rabbitmq.url, ...more },
    timeout: 60_000,
  })
}
const reset = async (channel: string, more?: NodeJS.ProcessEnv) =>
  (await runReset(['reset', channel, '--yes'], more)).stdout

async function post(channel: string, text: string, id?: string) {
  const body = { text, channel, ...(id && { id }) }
  const answer = await call(`${near}/posts`, 'POST', { token, body, headers: { prefer: 'wait=20' } })
  expect(answer.status).toBe(201)
  return answer.body
}
const texts = (entries: { post: { text: string } }[]) => entries.map((entry) => entry.post.text)
const inRedis = async (channel: string) =>
  (
    await call(`${wall.services['cache-worker'][0]!.url}/cache/posts?channel=${channel}`, 'GET', {
      token: wall.serviceToken,
    })
  ).body

test('sockets of every gateway get the empty wall with the reason, old cursors are gone, and posts begin at 1', async () => {
  const id = '01890000-0000-7000-8000-00000000000a'
  const { epoch } = await post('anew', 'one', id)
  await post('anew', 'two')
  using here = await openReader(near, 'anew')
  using there = await openReader(far, 'anew')
  for (const { entries } of [here, there]) await eventually(() => expect(texts(entries)).toEqual(['one', 'two']))

  expect(await reset('#Anew')).toContain('2 entries were removed')
  for (const { lastFrame } of [here, there]) {
    await eventually(() =>
      expect(lastFrame()).toMatchObject({ type: 'wall.snapshot', reason: 'epoch-changed', entries: [], last: 0 }),
    )
  }
  for (const gateway of [near, far]) {
    const old = await call(`${gateway}/posts?channel=anew&after=${epoch}:1`, 'GET')
    expect(old).toMatchObject({ status: 410, body: { code: 'epoch-changed' } })
    const page = await call(`${gateway}/posts?channel=anew`, 'GET')
    expect(page.body).toMatchObject({ entries: [], head: 0 })
    expect(page.body.epoch).not.toBe(epoch)
  }
  expect(await inRedis('anew')).toMatchObject({ entries: [] })

  // The same id is a new post on the new wall.
  const again = await post('anew', 'three', id)
  expect(again.seq).toBe(1)
  expect(again.epoch).not.toBe(epoch)
  for (const { entries } of [here, there]) await eventually(() => expect(texts(entries)).toEqual(['three']))
  await eventually(async () => expect(texts((await inRedis('anew')).entries)).toEqual(['three']))
})

test('a reset while posts flow: what is stored later is the new wall, without a hole, the same for all', async () => {
  using here = await openReader(near, 'flow')
  using there = await openReader(far, 'flow')
  let epoch = ''
  for (let n = 0; n < 90; n++) {
    const answer = await call(`${near}/posts`, 'POST', { token, body: { text: `${n}`, channel: 'flow' } })
    expect(answer.status).toBe(202)
    if (n === 30) epoch = (await reset('flow')).match(/epoch is (\S+)\./)?.[1] ?? ''
  }
  const page = await eventually(async () => {
    const { body } = await call(`${near}/posts?channel=flow&limit=200`, 'GET')
    expect(texts(body.entries).at(-1)).toBe('89')
    return body
  })
  expect(page.epoch).toBe(epoch)
  // Those up to 30 may be on either side of it; all later ones were accepted after it.
  const shown = texts(page.entries)
  expect(shown).toEqual(Array.from({ length: shown.length }, (_, i) => `${90 - shown.length + i}`))
  expect(shown.length).toBeGreaterThanOrEqual(59)
  expect(page.entries.map(({ seq }: { seq: number }) => seq)).toEqual(shown.map((_, i) => i + 1))
  for (const { entries } of [here, there]) await eventually(() => expect(entries).toEqual(page.entries), 25_000)
})

test('without the broker the database is reset, and pages learn of it by the positions', async () => {
  await post('alone', 'one')
  using reader = await openReader(far, 'alone')
  await eventually(() => expect(texts(reader.entries)).toEqual(['one']))
  expect(await reset('alone', { RABBITMQ_URL: '' })).toContain('half a minute')
  await eventually(
    () => expect(reader.lastFrame()).toMatchObject({ reason: 'epoch-changed', entries: [], last: 0 }),
    30_000,
  )
})

test('nothing is changed without a yes, for a channel that nobody knows, or for a name that is none', async () => {
  await post('kept', 'one')
  for (const [args, why] of [
    [['reset', 'kept'], '--yes'],
    [['reset', 'nobody-posted', '--yes'], 'Nobody has posted'],
    [['reset', 'a b', '--yes'], 'is no channel'],
    [['reset', '--yes'], 'Which channel'],
    [['rest', 'kept', '--yes'], 'is not a command'],
  ] as const) {
    await expect(runReset([...args])).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(why) })
  }
  expect((await runReset(['--help'])).stdout).toContain('npm run wall -- reset CHANNEL')
  expect(texts((await call(`${near}/posts?channel=kept`, 'GET')).body.entries)).toEqual(['one'])
})
