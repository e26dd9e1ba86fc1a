import { linkedText } from './linked-text.ts'
import { accepted, add, type Outbox, refused } from './outbox.ts'
import { postEntry } from './testing/post-entry.ts'
import { wallItems } from './wall-items.ts'
import { emptyWall } from './wall-state.ts'

const outbox = ['a', 'b'].reduce<Outbox>(
  (list, id) => add(list, { id, channel: 'wall', text: id, author: 'ana', writtenAt: 1 }),
  [],
)
const wall = { ...emptyWall('wall'), known: true, entries: [postEntry(1), postEntry(2)], last: 2 }

describe('what is shown', () => {
  it('is newest first, own posts that are under way before all', () => {
    const items = wallItems(wall, accepted(outbox, 'a', 'p', 1), new Map())
    expect(items.map((item) => [item.id.slice(-1), item.state, item.seq])).toEqual([
      ['b', 'sending', undefined],
      ['a', 'accepted', undefined],
      ['2', 'stored', 2],
      ['1', 'stored', 1],
    ])
  })

  it('keeps the identity of an own post when it comes onto the wall', () => {
    const mine = new Map([[postEntry(2).post.id, 'a']])
    expect(wallItems(wall, [], mine)[0]).toMatchObject({ id: 'a', own: true, state: 'stored' })
  })

  it('leaves out edits, removals and posts for other channels, and marks what was removed or made by hand', () => {
    const removal = postEntry(3, postEntry(1).post, 'removal')
    const byHand = postEntry(4, { via: 'broker' })
    const shown = wallItems(
      { ...wall, entries: [postEntry(1), removal, byHand], removed: new Set([postEntry(1).post.id]) },
      outbox.map((post) => ({ ...post, channel: 'other' })),
      new Map(),
    )
    expect(shown).toMatchObject([
      { seq: 4, byHand: true, removed: false },
      { seq: 1, removed: true },
    ])
  })

  it('offers a retry only where it helps', () => {
    const list = refused(refused(outbox, 'a', 'too-many-links'), 'b', 'internal-error')
    expect(wallItems(wall, list, new Map()).map((item) => item.mayRetry)).toEqual([true, false, undefined, undefined])
  })
})

describe('links in a text', () => {
  it('are what the review found, the longer of two that begin alike', () => {
    expect(linkedText('see http://a.b/c and http://a.b!', ['http://a.b', 'http://a.b/c'])).toEqual([
      { text: 'see ' },
      { text: 'http://a.b/c', href: 'http://a.b/c' },
      { text: ' and ' },
      { text: 'http://a.b', href: 'http://a.b' },
      { text: '!' },
    ])
  })

  it('are never anything but web addresses', () => {
    for (const link of ['javascript:alert(1)', 'data:text/html,x', '/posts', 'http://', '']) {
      expect(linkedText(`x ${link} y`, [link])).toEqual([{ text: `x ${link} y` }])
    }
  })
})
