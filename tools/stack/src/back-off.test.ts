import { createBackOff } from './back-off.ts'

test('waits twice as long each time, from half a second to ten', () => {
  const backOff = createBackOff()
  expect([1, 1, 1, 1, 1, 1, 1].map(() => backOff(100))).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
})

test('begins anew after a life of thirty seconds', () => {
  const backOff = createBackOff()
  backOff(100)
  backOff(29_999)
  expect([backOff(30_000), backOff(100)]).toEqual([500, 1000])
})
