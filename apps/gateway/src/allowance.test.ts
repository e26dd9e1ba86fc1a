import { createAllowance } from './allowance.ts'

let time = 1_000
const allowance = () => createAllowance({ perSecond: 5, burst: 20 }, () => time)
const taken = (one: ReturnType<typeof allowance>, key: string, tries: number) =>
  Array.from({ length: tries }, () => one.take(key)).filter((seconds) => seconds === 0).length

test('lets a burst through, then the steady rate, and says how long to wait', () => {
  const posts = allowance()
  expect(taken(posts, 'ada', 30)).toBe(20)
  expect(posts.take('ada')).toBeCloseTo(0.2)
  time += 200
  expect(posts.take('ada')).toBe(0)
  expect(posts.take('ada')).toBeCloseTo(0.2)
  time += 1_000
  expect(taken(posts, 'ada', 30)).toBe(5)
})

test('what is refused costs nothing, and a rest fills the burst again, no further', () => {
  const posts = allowance()
  taken(posts, 'bob', 1_000)
  time += 4_000
  expect(taken(posts, 'bob', 30)).toBe(20)
  time += 3_600_000
  expect(taken(posts, 'bob', 30)).toBe(20)
})

test('one key takes nothing from another', () => {
  const posts = allowance()
  taken(posts, 'carl', 30)
  expect(taken(posts, 'dora', 30)).toBe(20)
})
