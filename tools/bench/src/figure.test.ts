import { figureOf, holdAgainst, holdTo, median, ratios } from './figure.ts'
import type { Measured } from './suite.ts'

const measured: Measured = [
  { name: 'Parvis', kind: 'ours', rounds: [{ ms: 10 }, { ms: 30 }, { ms: 20 }] },
  { name: 'raw net', kind: 'floor', rounds: [{ ms: 10 }, { ms: 10 }, { ms: 10, other: 1 }] },
  { name: 'ws', kind: 'peer', rounds: [{ other: 1 }, {}, {}] },
]
const figure = () => figureOf(measured, 'ms', 'a wait', 'ms')

test('a figure has a value for each round, and only contenders that read it stand beside', () => {
  expect(figure()).toEqual({
    what: 'a wait',
    unit: 'ms',
    ours: [10, 30, 20],
    beside: [{ name: 'raw net', kind: 'floor', values: [10, 10, 10] }],
    goals: [],
  })
})

test('a figure without Parvis is a mistake', () => {
  expect(() => figureOf(measured.slice(1), 'ms', 'a wait', 'ms')).toThrow('nobody measured Parvis')
})

test('ratios are of the same round; nobody there gives none', () => {
  expect(ratios(figure(), 'raw net')).toEqual([1, 3, 2])
  expect(ratios(figure(), 'ws')).toEqual([])
})

test('a goal holds the median of the figure or of the ratios against its limit', () => {
  const one = figure()
  holdTo(one, { atMost: 20 })
  holdTo(one, { atLeast: 21, reach: true })
  holdAgainst(one, 'raw net', { atMost: 1.9 })
  holdAgainst(one, 'nobody', { atMost: 1 })
  expect(one.goals).toEqual([
    { says: '≤ 20 ms', value: 20, met: true },
    { says: '≥ 21 ms', value: 20, met: false, reach: true },
    { says: '≤ 1.9 × raw net', value: 2, met: false },
  ])
})

test('a goal is missed by what was not measured', () => {
  const one = { ...figure(), ours: [Number.NaN] }
  holdTo(one, { atMost: 20 })
  expect(one.goals[0]?.met).toBe(false)
})

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[Number.NaN, 7], 7],
  [[], Number.NaN],
])('the median of %j is %p', (values, middle) => {
  expect(median(values)).toBe(middle)
})
