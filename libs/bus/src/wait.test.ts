import { backOffMs, pause, within } from './wait.ts'

test('backs off by doubling from 100 ms to 5 s, half of it by chance', () => {
  for (const [attempt, full] of [
    [0, 100],
    [1, 200],
    [3, 800],
    [5, 3_200],
    [6, 5_000],
    [1_000_000, 5_000],
  ] as const) {
    const tries = Array.from({ length: 200 }, () => backOffMs(attempt))
    expect(Math.min(...tries)).toBeGreaterThanOrEqual(full / 2)
    expect(Math.max(...tries)).toBeLessThanOrEqual(full)
    expect(new Set(tries).size).toBeGreaterThan(100)
  }
  expect(backOffMs(9, 2_000)).toBeLessThanOrEqual(2_000)
})

test('a pause ends early by its signal, and says so', async () => {
  const ending = new AbortController()
  const pausing = pause(60_000, ending.signal)
  ending.abort()
  expect(await pausing).toBe(false)
  expect(await pause(60_000, ending.signal)).toBe(false)
  expect(await pause(1, new AbortController().signal)).toBe(true)
})

test('waits no longer than it is told, or than is wanted; what comes later harms nobody', async () => {
  expect(await within(60_000, 'answer', Promise.resolve('yes'))).toBe('yes')
  const never = Promise.withResolvers<void>()
  await expect(within(5, 'answer', never.promise)).rejects.toMatchObject({ name: 'TransientError', code: 'timeout' })
  const ending = new AbortController()
  const waiting = within(60_000, 'answer', never.promise, ending.signal)
  ending.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  await expect(within(60_000, 'answer', never.promise, ending.signal)).rejects.toMatchObject({ code: 'aborted' })
  never.reject(new Error('late'))
})
