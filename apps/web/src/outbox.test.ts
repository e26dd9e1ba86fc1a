import { readOutbox, writeOutbox } from './kept-outbox.ts'
import { memoryStore } from './key-value-store.ts'
import * as box from './outbox.ts'
import { postEntry } from './testing/post-entry.ts'

const draft = (id: string, more = {}) => ({
  id,
  channel: 'wall',
  text: `text ${id}`,
  author: 'ana',
  writtenAt: 1,
  ...more,
})
const outbox = ['a', 'b', 'c'].reduce<box.Outbox>((list, id) => box.add(list, draft(id)), [])

describe('the outbox', () => {
  it('sends the oldest first and lets nothing overtake it while it waits', () => {
    expect(box.nextToSend(outbox)?.id).toBe('a')
    expect(box.nextToSend(box.sendLater(outbox, 'a', 99, 'too-fast'))).toMatchObject({ id: 'a', retryAt: 99 })
    expect(box.nextToSend(box.accepted(outbox, 'a', 'p', 1))?.id).toBe('b')
    expect(box.nextToSend(box.refused(outbox, 'a', 'too-many-links'))?.id).toBe('b')
  })

  it('sends at once what waited for a connection alone, and not what was told to wait', () => {
    const waiting = box.sendLater(box.sendLater(outbox, 'a', 99), 'b', 99, 'too-fast')
    const connected = box.connected(waiting)
    expect(connected.map(({ retryAt }) => retryAt)).toEqual([undefined, 99, undefined])
    expect(box.connected(connected)).toBe(connected)
  })

  it('takes a bounded number of posts', () => {
    let full: box.Outbox = []
    for (let i = 0; i <= box.MOST_OWN_POSTS; i++) full = box.add(full, draft(String(i)))
    expect(full).toHaveLength(box.MOST_OWN_POSTS)
    expect(full.at(-1)?.id).toBe(String(box.MOST_OWN_POSTS - 1))
  })

  it('keeps the id however often a post is tried again', () => {
    let list = outbox
    for (let i = 0; i < 5; i++) list = box.retry(box.refused(list, 'a', 'not-available'), 'a')
    expect(list.map((post) => [post.id, post.state])).toEqual([
      ['a', 'sending'],
      ['b', 'sending'],
      ['c', 'sending'],
    ])
  })

  it('offers to try again only what may end otherwise', () => {
    expect(box.mayRetry(box.refused(outbox, 'a', 'internal-error')[0]!)).toBe(true)
    expect(box.mayRetry(box.refused(outbox, 'a', 'not-confirmed')[0]!)).toBe(true)
    expect(box.mayRetry(box.refused(outbox, 'a', 'words-not-wanted')[0]!)).toBe(false)
    expect(box.mayRetry(outbox[0]!)).toBe(false)
  })

  it('lets go of the old session only when the author sends an unconfirmed post again', () => {
    const sent = box.sent(outbox, 'a', 's1')
    expect(box.retry(box.refused(sent, 'a', 'internal-error'), 'a')[0]).toMatchObject({ sentUnder: 's1' })
    expect(box.retry(box.refused(sent, 'a', 'not-confirmed'), 'a')[0]).not.toHaveProperty('sentUnder')
  })

  it('lets go of a post that is on the wall, and only then', () => {
    const entry = postEntry(1, { clientId: 'b', id: 'p-b' })
    const { outbox: rest, seen } = box.seenOnWall(outbox, [entry])
    expect(rest.map((post) => post.id)).toEqual(['a', 'c'])
    expect([...seen]).toEqual([['p-b', 'b']])
  })

  it('is not fooled by someone who posts with the same client id', () => {
    const list = box.accepted(outbox, 'b', 'p-b', 1)
    const stranger = postEntry(1, { clientId: 'b', id: 'p-stranger' })
    expect(box.seenOnWall(list, [stranger]).outbox).toBe(list)
  })

  it('does not take an edit for the post', () => {
    expect(box.seenOnWall(outbox, [postEntry(1, { clientId: 'b' }, 'edit')]).outbox).toBe(outbox)
  })
})

describe('the kept outbox', () => {
  it('survives a reload in order, with every state', () => {
    const store = memoryStore()
    const after = box.accepted(box.sent(outbox, 'a', 's1'), 'a', 'p-a', 5)
    writeOutbox(store, [], outbox)
    writeOutbox(store, outbox, after)
    expect(readOutbox(store)).toEqual(after)
  })

  it('forgets what was discarded and nothing else', () => {
    const store = memoryStore()
    writeOutbox(store, [], outbox)
    writeOutbox(store, outbox, box.discard(outbox, 'b'))
    expect(readOutbox(store).map((post) => post.id)).toEqual(['a', 'c'])
  })

  it('does not touch the posts of another tab', () => {
    const store = memoryStore()
    writeOutbox(store, [], outbox)
    const other = box.add([], draft('z'))
    writeOutbox(store, [], other)
    writeOutbox(store, other, [])
    expect(readOutbox(store)).toEqual(outbox)
  })

  it('leaves the posts that other tabs hold beyond what one page does', () => {
    const store = memoryStore()
    const many = Array.from({ length: 80 }, (_, n) => String(n).padStart(2, '0'))
    for (const id of many) writeOutbox(store, [], box.add([], draft(id)))
    expect(readOutbox(store).map((post) => post.id)).toEqual(many.slice(0, box.MOST_OWN_POSTS))
    expect(store.keys('parvis.')).toHaveLength(80)
  })

  it('drops what cannot be read', () => {
    const store = memoryStore()
    store.set('parvis.outbox.x', '{')
    store.set('parvis.outbox.y', '{"id":"y"}')
    expect(readOutbox(store)).toEqual([])
    expect(store.keys('parvis.')).toEqual([])
  })
})
