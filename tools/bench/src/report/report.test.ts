import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Suite } from '../suite.ts'
import { renderChart } from './chart.ts'
import { renderMarkdown } from './markdown.ts'
import { number, spread } from './number.ts'
import type { Report } from './report.ts'
import { withEarlier } from './with-earlier.ts'

const when = { date: '2026-05-04T03:02:01.000Z', quick: false }
const report: Report = {
  command: 'npm run bench -- --peers',
  machine: { Processor: 'a | b, 2 cores', Node: 'v24.1.0' },
  others: [{ name: 'ws', versions: 'ws 8', promise: 'nothing' }],
  suites: [
    {
      id: 'B1',
      title: 'CPU per delivery',
      ...when,
      figures: [
        {
          what: 'CPU <1 | 2>',
          unit: 'µs',
          ours: [4, 6, 5],
          beside: [{ name: 'raw net', kind: 'floor', values: [4, 5, 5] }],
          goals: [
            { says: '≤ 1.2 × raw net', value: 1, met: true },
            { says: '≤ 0.9 × raw net', value: 1, met: false, reach: true },
          ],
        },
      ],
      notes: ['The readers took 1 µs.'],
      seconds: 61,
      stolenMs: 12,
    },
    {
      id: 'B2',
      title: 'deliveries',
      ...when,
      figures: [],
      notes: [],
      failure: 'no C compiler',
      seconds: 1,
      stolenMs: 0,
    },
  ],
}

test('the table has medians, spreads, ratios of the rounds, goals, and what was not measured', () => {
  const text = renderMarkdown(report, 'performance')
  expect(text).toContain(
    '| B1 | CPU <1 \\| 2> | 5 (4 to 6) µs | raw net: 5 (4 to 5) | 1 (1 to 1.2) × raw net | goal ≤ 1.2 × raw net: **met** (1)<br>reach ≤ 0.9 × raw net: **missed** (1) |',
  )
  expect(text).toContain('| B2 | deliveries | **not measured**: no C compiler | | | |')
  expect(text).toContain('`npm run bench -- --peers`; 62 s of measuring')
  expect(text).toContain('| Processor | a \\| b, 2 cores |')
  expect(text).toContain('performance/b1-1.svg')
  expect(text).toContain('- The readers took 1 µs.\n- On 2026-05-04; took 61 s; the host took away 12 ms')
})

test('earlier readings fill in what was not measured this time, in the order of the table', () => {
  const [first, second] = report.suites
  const folder = mkdtempSync(join(tmpdir(), 'parvis-bench-'))
  const file = join(folder, 'earlier.json')
  const earlier = { ...report, suites: [{ ...first!, title: 'measured before' }, second!] }
  writeFileSync(file, JSON.stringify(earlier))
  const order = [{ id: 'B2' }, { id: 'B1' }] as Suite[]
  const merged = withEarlier({ ...report, suites: [first!] }, [file], order)
  expect(merged.suites.map(({ id, title }) => [id, title])).toEqual([
    ['B2', 'deliveries'],
    ['B1', 'CPU per delivery'],
  ])
  const elsewhere = { ...report, machine: { Processor: 'another' } }
  expect(() => withEarlier(elsewhere, [file], order)).toThrow('measured on another machine')
  rmSync(folder, { recursive: true })
})

test('a chart has a bar for each, and text that is no markup', () => {
  const svg = renderChart(report.suites[0]!.figures[0]!)
  expect(svg).toContain('CPU &lt;1 | 2&gt;, µs')
  expect(svg.match(/<rect /g)).toHaveLength(3)
  expect(svg).not.toMatch(/NaN|Infinity/)
})

test('a chart says where there is no figure', () => {
  const svg = renderChart({
    what: 'x',
    unit: 'ms',
    ours: [Number.NaN],
    beside: [{ name: 'ws', kind: 'peer', values: [Number.POSITIVE_INFINITY, 1] }],
    goals: [],
  })
  expect(svg).toContain('no figure')
  expect(svg).not.toMatch(/NaN|Infinity/)
})

test.each([
  [0, '0'],
  [0.01234, '0.0123'],
  [1.234, '1.23'],
  [12.34, '12.3'],
  [123.4, '123'],
  [1_234_567, '1,230,000'],
  [Number.NaN, '—'],
  [Number.POSITIVE_INFINITY, '∞'],
])('%p is shown as %s', (value, text) => {
  expect(number(value)).toBe(text)
})

test('a spread needs several values', () => {
  expect([spread([]), spread([1]), spread([3, 1, 2])]).toEqual(['—', '1', '2 (1 to 3)'])
})
