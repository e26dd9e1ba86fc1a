import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Ground } from '@parvis/stack/ground'
import { ROOT } from '@parvis/stack/run-job'
import { eventually } from '@parvis/testing/eventually'
import { freshGround } from '@parvis/testing/fresh-ground'
import { makeTables, makeTopology } from '@parvis/testing/wall-jobs'

// Real processes of the wall: how they start, refuse to, and end.

const resources = new AsyncDisposableStack()
const token = 't'.repeat(32)
let bare: Ground
let ready: Ground

beforeAll(async () => {
  bare = resources.use(await freshGround())
  ready = resources.use(await freshGround())
  await Promise.all([makeTables(ready), makeTopology(ready)])
})
afterAll(() => resources.disposeAsync())

interface Line {
  level: number
  msg: string
  url?: string
}
function run(service: string, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [join(ROOT, `apps/${service}/src/main.ts`)], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  resources.adopt(child, (one) => void one.kill('SIGKILL'))
  let text = ''
  child.stdout.on('data', (data) => {
    text += data
  })
  const lines = (): Line[] =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  return { child, lines, ended: endOf(child) }
}
async function endOf(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'close')
  return code
}
const envOf = ({ servers }: Ground) => ({
  RABBITMQ_URL: servers.rabbitmq.url,
  MYSQL_URL: servers.mysql.url,
  SERVICE_TOKEN: token,
})

test('a bad environment: one line that names all faults and shows no value, and exit code 1', async () => {
  const { lines, ended } = run('db-writer', { RABBITMQ_URL: 'http://hunter2', SERVICE_TOKEN: 'hunter2', PORT: '99999' })
  expect(await ended).toBe(1)
  expect(lines()).toHaveLength(1)
  const [{ msg }] = lines() as [Line]
  expect(msg).toMatch(/^db-writer cannot start: configuration: /)
  for (const name of ['RABBITMQ_URL', 'MYSQL_URL is missing', 'SERVICE_TOKEN', 'PORT']) expect(msg).toContain(name)
  expect(msg).not.toContain('hunter2')
})

test('a broker that lacks the topology: one line that says what to do, at once, and exit code 1', async () => {
  const { lines, ended } = run('post-worker', envOf(bare))
  expect(await ended).toBe(1)
  const fatal = lines().filter(({ level }) => level >= 60)
  expect(fatal).toHaveLength(1)
  expect(fatal[0]?.msg).toMatch(/^post-worker cannot start: .*no exchange wall\.events.*topology job/)
})

test('it says that it is ready whatever LOG_LEVEL is: who started it waits for that', async () => {
  const { child, lines, ended } = run('db-writer', { ...envOf(ready), LOG_LEVEL: 'silent' })
  await eventually(() => expect(lines().map(({ msg }) => msg)).toEqual(['ready']))
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test.each(['SIGTERM', 'SIGINT'] as const)('at %s it drains, says so and ends with exit code 0', async (signal) => {
  const { child, lines, ended } = run('db-writer', envOf(ready))
  const url = await eventually(
    () => lines().find(({ msg }) => msg === 'ready')?.url ?? Promise.reject(new Error('not ready')),
  )
  expect((await fetch(`${url}/health/ready`)).status).toBe(200)
  child.kill(signal)
  // A terminal and npm both say it.
  child.kill(signal)
  expect(await ended).toBe(0)
  const said = lines().map(({ msg }) => msg)
  expect(said.filter((msg) => msg === 'ending')).toHaveLength(1)
  expect(said.at(-1)).toBe('ended')
})

test('asked to end while it still waits for a server, it ends with exit code 0', async () => {
  const { child, lines, ended } = run('db-writer', { ...envOf(ready), MYSQL_URL: 'mysql://nobody@127.0.0.1:1/none' })
  await eventually(() => expect(lines().some(({ msg }) => msg === 'MySQL not reached')).toBe(true))
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect(lines().some(({ level }) => level >= 60)).toBe(false)
})

test('a supervised process ends when the supervisor is gone', async () => {
  const { child, lines, ended } = run('db-writer', { ...envOf(ready), PARVIS_SUPERVISED: '1' })
  await eventually(() => expect(lines().some(({ msg }) => msg === 'ready')).toBe(true))
  child.stdin?.end()
  expect(await ended).toBe(0)
})
