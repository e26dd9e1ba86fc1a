import type { Refusal } from '@parvis/contracts/post-rejected'
import { createPostOutcomes } from './post-outcomes.ts'
import { entryOf } from './testing/scripted-wall.ts'

const entry = entryOf(1)
const refusal: Refusal = {
  postId: entry.post.id,
  clientId: entry.post.id,
  status: 'refused',
  code: 'too-many-links',
  message: '6 links',
  at: 1,
}

test('everyone who waits for a post is told that it is stored; others go on waiting', async () => {
  const outcomes = createPostOutcomes()
  const both = [outcomes.wait(entry.post.id, 10_000), outcomes.wait(entry.post.id, 10_000)]
  const other = outcomes.wait(entryOf(2).post.id, 50)
  outcomes.onStored([entryOf(3), entry], 'e1')
  expect(await Promise.all(both)).toEqual([
    { stored: entry, epoch: 'e1' },
    { stored: entry, epoch: 'e1' },
  ])
  expect(await other).toBeUndefined()
})

test('who waits for a post that is refused is told why', async () => {
  const outcomes = createPostOutcomes()
  const waiting = outcomes.wait(entry.post.id, 10_000)
  outcomes.onRefused(refusal)
  expect(await waiting).toEqual({ refused: refusal })
})

test('who has waited long enough is let go, the next is not', async () => {
  const outcomes = createPostOutcomes()
  const short = outcomes.wait(entry.post.id, 1)
  const long = outcomes.wait(entry.post.id, 10_000)
  expect(await short).toBeUndefined()
  outcomes.onStored([entry], 'e1')
  expect(await long).toEqual({ stored: entry, epoch: 'e1' })
})

test('beyond 10,000 that are waited for one is answered at once', async () => {
  const outcomes = createPostOutcomes()
  const waiting = Array.from({ length: 10_000 }, (_, n) => outcomes.wait(entryOf(n).post.id, 30_000))
  const atOnce = new Promise((resolve) => setImmediate(resolve, 'it waits'))
  expect(await Promise.race([outcomes.wait('one more', 30_000), atOnce])).toBeUndefined()
  outcomes.onStored(
    Array.from({ length: 10_000 }, (_, n) => entryOf(n)),
    'e1',
  )
  expect(await Promise.all(waiting)).toHaveLength(10_000)
  const again = outcomes.wait(entry.post.id, 30_000)
  outcomes.onRefused(refusal)
  expect(await again).toEqual({ refused: refusal })
})
