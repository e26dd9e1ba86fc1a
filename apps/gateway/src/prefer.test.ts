import { waitedSeconds } from './prefer.ts'

test.each([
  ['wait=5', 5],
  ['wait=0', 0],
  ['wait=25', 25],
  ['wait=26', 25],
  ['wait=999999', 25],
  ['respond-async, wait=10', 10],
  ['respond-async; wait=10', 10],
  ['WAIT=3', 3],
  [['return=minimal', 'wait=4'], 4],
])('%j waits %d s', (prefer, seconds) => {
  expect(waitedSeconds(prefer)).toBe(seconds)
})

test.each([[undefined], [''], ['wait'], ['wait='], ['wait=-1'], ['wait=soon'], ['await=5'], ['respond-async']])(
  '%j does not ask to wait',
  (prefer) => {
    expect(waitedSeconds(prefer)).toBeUndefined()
  },
)
