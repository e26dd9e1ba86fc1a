import { canonicalChannel, DEFAULT_CHANNEL } from './channel.ts'

test.each([
  ['wall', 'wall'],
  ['#wall', 'wall'],
  ['#Pause_Cafe', 'pause_cafe'],
  ['2026-11', '2026-11'],
  ['a', 'a'],
  ['a'.repeat(64), 'a'.repeat(64)],
  [`#${'A'.repeat(64)}`, 'a'.repeat(64)],
])('%s is the channel %s', (name, channel) => {
  expect(canonicalChannel(name)).toBe(channel)
})

test.each(['', '#', '##wall', 'a b', ' wall', 'wall\n', 'café', 'Кafe', '-a', '_a', 'a/b', 'a.b', 'a'.repeat(65), 'İ'])(
  '%j is no channel',
  (name) => {
    expect(canonicalChannel(name)).toBeUndefined()
  },
)

test('the channel of a post that names none is one', () => {
  expect(canonicalChannel(DEFAULT_CHANNEL)).toBe(DEFAULT_CHANNEL)
})
