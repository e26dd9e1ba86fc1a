import { v7 as uuidv7, validate, version } from 'uuid'
import { postIds } from './post-id.ts'

const secret = 's'.repeat(32)
const session = uuidv7()
const client = uuidv7()
const id = postIds(secret)(session, 'wall', client)

test('is the same on every gateway, for ever', () => {
  expect(postIds(secret)(session, 'wall', client)).toBe(id)
  // Written down: a change of the way it is made would double every post that is sent again across it.
  const fixed = postIds('0123456789abcdef0123456789abcdef')(
    '01890000-0000-7000-8000-000000000001',
    'wall',
    '01890000-0000-7000-8000-000000000002',
  )
  expect(fixed).toBe('01890000-0000-7742-9aef-64b6c733ff64')
})

test('is another for another session, channel, client id or wall', () => {
  const others = [
    postIds(secret)(uuidv7(), 'wall', client),
    postIds(secret)(session, 'news', client),
    postIds(secret)(session, 'wall', uuidv7()),
    postIds('t'.repeat(32))(session, 'wall', client),
  ]
  expect(new Set([id, ...others]).size).toBe(5)
})

test('is a UUIDv7 with the timestamp of the client id, so that ids grow with time', () => {
  expect([validate(id), version(id)]).toEqual([true, 7])
  expect(id.slice(0, 13)).toBe(client.slice(0, 13))
  const made = [3, 1, 2].map((n) => postIds(secret)(session, 'wall', uuidv7({ msecs: n * 1_000 })))
  expect([...made].sort()).toEqual([made[1], made[2], made[0]])
})
