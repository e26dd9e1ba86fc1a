import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { canonicalChannel } from './channel.ts'
import { PARTITIONS, partitionOf, partitions } from './partition.ts'

test('the checksum is CRC-32 as zip and PNG have it', () => {
  expect(crc32('123456789')).toBe(0xcbf43926)
  expect(crc32('')).toBe(0)
})

// By heart, since a release that computed another lane would reorder what is on its way.
test.each([
  ['wall', 2],
  ['cafe', 0],
  ['a', 3],
  ['123456789', 2],
])('the channel %s is in lane %i for ever', (channel, lane) => {
  expect(partitionOf(channel)).toBe(lane)
})

test('every channel is in a lane', () => {
  expect(partitions).toEqual([0, 1, 2, 3])
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,63}$/), (channel) => {
      expect(canonicalChannel(channel)).toBe(channel)
      expect(partitions).toContain(partitionOf(channel))
    }),
  )
})

test('ten thousand channels spread evenly over the lanes, to a tenth', () => {
  const counts = partitions.map(() => 0)
  for (let n = 0; n < 10_000; n++) counts[partitionOf(`channel-${n}`)]!++
  for (const count of counts) expect(Math.abs(count - 10_000 / PARTITIONS)).toBeLessThan(250)
})
