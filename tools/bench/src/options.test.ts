import { readOptions, renderSuites } from './options.ts'
import type { Suite } from './suite.ts'

const suite = (id: string): Suite => ({
  id,
  title: `suite ${id}`,
  seconds: { quick: 30, full: 600 },
  run: async () => ({ figures: [], notes: [] }),
})
const all = ['B1', 'B2', 'B10'].map(suite)
const options = (...args: string[]) => readOptions(args, all)

test('nothing said: all suites in full, without peers, into docs/performance.md', () => {
  expect(options()).toEqual({
    quick: false,
    peers: false,
    suites: all,
    out: 'docs/performance.md',
    json: undefined,
    checkPeers: false,
    with: [],
  })
})

test.each([[['--quick']], [['--suite', 'B1']]])('%j writes no report unless told where', (args) => {
  expect(options(...args)).toMatchObject({ out: undefined })
  expect(options(...args, '--out', 'here.md')).toMatchObject({ out: 'here.md' })
})

test('--suite names suites in any case and order; they run in the order of the table', () => {
  expect(options('--suite', 'b10, B1')).toMatchObject({ suites: [all[0], all[2]] })
})

test.each([
  [['--suite', 'B99'], 'no suite "B99"'],
  [['--suite', ''], 'no suite ""'],
  [['--out', 'report.html'], '--out must name a Markdown file'],
  [['--fast'], "Unknown option '--fast'"],
  [['B1'], "Unexpected argument 'B1'"],
])('%j is refused with a sentence', (args, sentence) => {
  expect(() => options(...args)).toThrow(
    expect.objectContaining({ name: 'PlainError', message: expect.stringContaining(sentence) }),
  )
})

test('help and list are asked for by their names', () => {
  expect([options('-h'), options('--help'), options('--list')]).toEqual(['help', 'help', 'list'])
  expect(renderSuites(all).split('\n')[2]).toBe('B10  suite B10 (30 s quick, 10 min in full)')
})
