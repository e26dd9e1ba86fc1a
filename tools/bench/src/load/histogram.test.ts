import { shareOut } from './crowd.ts'
import { merge, quantile, quantileOf } from './histogram.ts'

test('histograms of several readers add up, and quantiles are of the sum', () => {
  const both = merge([
    [
      [1, 98],
      [5, 1],
    ],
    [[5, 1]],
  ])
  expect(both).toEqual([
    [1, 98],
    [5, 2],
  ])
  expect([quantile(both, 0.5), quantile(both, 0.98), quantile(both, 0.99)]).toEqual([1, 1, 5])
  expect(quantile([], 0.5)).toBeNaN()
})

test('a quantile of single values is one of them', () => {
  expect([quantileOf([3, 1, 2], 0.5), quantileOf([3, 1, 2], 0.99), quantileOf([], 0.5)]).toEqual([2, 3, Number.NaN])
})

test('a crowd too large for one reader has several, spread over the addresses', () => {
  expect(shareOut(5, ['a', 'b'])).toEqual([
    { url: 'a', sockets: 3 },
    { url: 'b', sockets: 2 },
  ])
  expect(shareOut(40_000, ['a'])).toHaveLength(3)
})
