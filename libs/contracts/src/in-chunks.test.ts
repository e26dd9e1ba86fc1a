import fc from 'fast-check'
import { inChunks, withField } from './in-chunks.ts'
import { BATCH_POSTS, FRAME_BYTES } from './limits.ts'

test('nothing is no message', () => {
  expect(inChunks([])).toEqual([])
})

test('500 small items are one message, 501 are two', () => {
  const items = Array.from({ length: BATCH_POSTS + 1 }, (_, n) => n)
  expect(inChunks(items.slice(1)).map(({ json }) => JSON.parse(json).length)).toEqual([500])
  expect(inChunks(items).map(({ json }) => JSON.parse(json).length)).toEqual([500, 1])
})

test('whatever the items, none is lost or moved, and each message is within both bounds', () => {
  const item = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom(1_000, 60_000, 200_000).map((n) => 'é'.repeat(n)),
  )
  fc.assert(
    fc.property(fc.array(item, { maxLength: 60 }), (items) => {
      const chunks = inChunks(items)
      expect(chunks.flatMap(({ json }) => JSON.parse(json))).toEqual(items)
      for (const { json, count } of chunks) {
        const body = withField({ type: 'post.reviewed', messageId: crypto.randomUUID() }, 'posts', json)
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(FRAME_BYTES)
        expect(JSON.parse(json)).toHaveLength(count)
        expect(count).toBeLessThanOrEqual(BATCH_POSTS)
      }
    }),
    { numRuns: 50 },
  )
})

test('an item that is larger than a message goes alone', () => {
  const huge = 'a'.repeat(FRAME_BYTES + 1)
  expect(inChunks(['before', huge, 'after']).map(({ json }) => JSON.parse(json))).toEqual([
    ['before'],
    [huge],
    ['after'],
  ])
})

test('a ready text becomes the last field of a body', () => {
  expect(JSON.parse(withField({ type: 'x', n: 1 }, 'posts', '[{"a":"}"}]'))).toEqual({
    type: 'x',
    n: 1,
    posts: [{ a: '}' }],
  })
})
