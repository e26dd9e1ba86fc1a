import { allSuites } from './all.ts'

const sum = (of: 'quick' | 'full') => allSuites.reduce((total, { seconds }) => total + seconds[of], 0)

test('a quick run of all suites is estimated at less than ten minutes, the servers’ start included', () => {
  expect(sum('quick')).toBeLessThanOrEqual(560)
})

test('a full run of all suites is estimated at about an hour', () => {
  expect(sum('full') / 60).toBeLessThan(65)
})

test('each suite has an id of its own', () => {
  expect(new Set(allSuites.map(({ id }) => id)).size).toBe(allSuites.length)
})
