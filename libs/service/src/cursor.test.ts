import { readCursor } from './cursor.ts'

test.each([
  ['0', { seq: 0 }],
  ['42', { seq: 42 }],
  ['999999999999999', { seq: 999_999_999_999_999 }],
  ['aB_-9:42', { epoch: 'aB_-9', seq: 42 }],
  ['7:42', { epoch: '7', seq: 42 }],
])('%s is a cursor', (text, cursor) => {
  expect(readCursor('after', text)).toEqual(cursor)
})

test('no cursor is none', () => {
  expect(readCursor('after', undefined)).toBeUndefined()
})

test.each([
  '',
  '-1',
  '1.5',
  '1e3',
  ' 1',
  '1 ',
  'x',
  ':1',
  'e:',
  'e:x',
  'a:b:1',
  'é:1',
  '1'.repeat(16),
  `${'a'.repeat(65)}:1`,
])('%j is refused, naming the field', (text) => {
  expect(() => readCursor('before', text)).toThrow(
    expect.objectContaining({
      problem: expect.objectContaining({ status: 422, code: 'value-not-fit', field: 'before' }),
    }),
  )
})
