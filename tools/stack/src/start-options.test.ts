import { readPort, readStartOptions } from './start-options.ts'

test('without arguments there is one of each process', () => {
  expect(readStartOptions([])).toEqual({
    counts: { gateway: 1, 'post-worker': 1, 'db-writer': 1, 'cache-worker': 1, 'message-store': 1 },
  })
})

test('each process has its own count', () => {
  const args = [
    '--gateways',
    '2',
    '--post-workers=3',
    '--db-writers',
    '4',
    '--cache-workers',
    '8',
    '--message-stores',
    '2',
  ]
  expect(readStartOptions(args)).toEqual({
    counts: { gateway: 2, 'post-worker': 3, 'db-writer': 4, 'cache-worker': 8, 'message-store': 2 },
  })
})

test('--help starts nothing', () => {
  expect(readStartOptions(['--help'])).toBeUndefined()
})

test.each(['0', '9', '-1', '1.5', 'two', ''])('a count of %j is refused, naming the option and the limit', (count) => {
  expect(() => readStartOptions([`--db-writers=${count}`])).toThrow(
    `--db-writers must be a number from 1 to 8, not "${count}".`,
  )
})

test('an unknown option is refused by name', () => {
  expect(() => readStartOptions(['--writers', '2'])).toThrow("Unknown option '--writers'")
})

test('a word that is no option is refused', () => {
  expect(() => readStartOptions(['two'])).toThrow("'two'")
})

test('the port is 3000 unless PORT says otherwise', () => {
  expect([undefined, '', '0', '8080'].map(readPort)).toEqual([3000, 3000, 0, 8080])
})

test.each(['65536', '-1', 'http', '3000.5'])('PORT=%s is refused with the limit', (value) => {
  expect(() => readPort(value)).toThrow('PORT must be a number from 0 to 65535')
})
