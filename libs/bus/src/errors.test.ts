import { explain, isTransient, TransientError } from './errors.ts'

test('transient is what says so by its name, and nothing else', () => {
  expect(isTransient(new TransientError('timeout', 'late'))).toBe(true)
  // As it comes out of a worker thread: of another class, with its name.
  expect(isTransient(Object.assign(new Error('late'), { name: 'TransientError' }))).toBe(true)
  for (const other of [
    new Error('ECONNRESET'),
    new TypeError('x is not a function'),
    Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
    { name: 'TransientError', message: 'not an error' },
    'TransientError',
    undefined,
  ]) {
    expect(isTransient(other)).toBe(false)
  }
})

test('explains each error in a line, also one without a message', () => {
  expect(explain(new Error('why'))).toBe('why')
  expect(explain(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED')
  expect(explain(new RangeError())).toBe('RangeError')
  expect(explain('thrown text')).toBe('thrown text')
  expect(explain(undefined)).toBe('undefined')
})
