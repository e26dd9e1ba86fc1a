import { readWallRequested } from './read-wall-requested.ts'

const read = (body: object) => readWallRequested(Buffer.from(JSON.stringify(body)))

test('channels are read in the one spelling of their names; without any, none is made up', () => {
  expect(read({ channels: ['#WALL', 'cafe'] })).toEqual({ channels: ['wall', 'cafe'] })
  expect(read({ want: 'page' })).toEqual({ want: 'page' })
})

test('one name that is none, and the whole question is refused', () => {
  expect(() => read({ channels: ['wall', 'a b'] })).toThrow(/^channel-not-fit: channels: /)
})
