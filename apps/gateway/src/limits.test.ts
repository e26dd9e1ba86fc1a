import { networkOf } from './limits.ts'

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::1'],
  ['2001:0db8:0001:0002::%eth0', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
  ['::1', '::2'],
])('%s is counted with %s', (one, other) => {
  expect(networkOf(one)).toBe(networkOf(other))
})

test('other networks are others', () => {
  const networks = ['203.0.113.7', '203.0.113.8', '2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8::1', '::1', 'a:b']
  expect(new Set(networks.map(networkOf)).size).toBe(networks.length)
})
