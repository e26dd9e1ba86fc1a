import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createThreadPool } from './thread-pool.ts'

const TASK = `import { isMainThread } from 'node:worker_threads'
export default (items) => {
  if (items[0] === 'stuck') for (;;);
  if (items[0] === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  if (items[0] === 'broken') throw new Error('no')
  return items.map((item) => (isMainThread ? 'inline ' : 'thread ') + item)
}`

let folder = ''
let file: URL

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thread-pool-'))
  await writeFile(join(folder, 'test.task.mjs'), TASK)
  file = pathToFileURL(join(folder, 'test.task.mjs'))
})
afterAll(() => rm(folder, { recursive: true }))

test('small batches run inline, larger ones in a thread; what they throw is thrown', async () => {
  await using pool = await createThreadPool<string, string>(file, 2)
  expect(await pool.run(['a'])).toEqual(['inline a'])
  expect(await pool.run(['a', 'b'])).toEqual(['thread a', 'thread b'])
  await expect(pool.run(['broken'])).rejects.toThrow('no')
  await expect(pool.run(['broken', 'b'])).rejects.toThrow('no')
})

test('the time limit is for the work, not for waiting: a batch behind a stuck one is done', async () => {
  await using pool = await createThreadPool<string, string>(file, 1)
  const threads = Math.max(1, Math.min(4, availableParallelism() - 1))
  const stuck = Array.from({ length: threads }, () => pool.run(['stuck']))
  const behind = pool.run(['a'])
  expect((await Promise.allSettled([...stuck, behind])).map(({ status }) => status)).toEqual([
    ...stuck.map(() => 'rejected'),
    'fulfilled',
  ])
})

test('time in which the whole process stands still does not count', async () => {
  await using pool = await createThreadPool<string, string>(file, 1)
  await pool.run(['a'])
  const running = pool.run(['slow'])
  await new Promise(setImmediate)
  // Longer than the limit: nothing here runs meanwhile, as in a process that is stopped.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6_000)
  expect(await running).toEqual(['thread slow'])
})

test('what failed in a thread comes again alone, and not inline', async () => {
  await using pool = await createThreadPool<string, string>(file, 2)
  await expect(pool.run(['stuck', 'b'])).rejects.toMatchObject({ name: 'TooSlowError' })
  await expect(pool.run(['stuck'])).rejects.toMatchObject({ name: 'TooSlowError' })
  expect(await pool.run(['b'])).toEqual(['thread b'])
})

test('a stuck thread is given up after 5 s and replaced; batches too many meanwhile may be repeated', async () => {
  await using pool = await createThreadPool<string, string>(file, 1)
  const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => pool.run(['stuck'])))
  const names = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.name : 'done'))
  expect([...new Set(names)].sort()).toEqual(['TooSlowError', 'TransientError'])
  expect(names[0]).toBe('TooSlowError')
  expect(names.at(-1)).toBe('TransientError')
  expect(await pool.run(['a'])).toEqual(['thread a'])
})
