import { createDrafts, type Drafts } from './drafts.ts'
import { type KeyValueStore, memoryStore } from './key-value-store.ts'

/** Tabs of one browser: what one keeps, the others are told of. */
function tabs(count: number) {
  const store = memoryStore()
  const all: Drafts[] = []
  const seenBy = (index: number): KeyValueStore => {
    const tellOthers = () => {
      for (const [other, tab] of all.entries()) if (other !== index) tab.onKeptChange()
    }
    return {
      ...store,
      set(key, value) {
        store.set(key, value)
        tellOthers()
      },
      remove(key) {
        store.remove(key)
        tellOthers()
      },
    }
  }
  const open = () => {
    const tab = createDrafts(seenBy(all.length))
    all.push(tab)
    return tab
  }
  return { tabs: Array.from({ length: count }, open), open }
}

test('a draft outlives a reload, by channel', () => {
  const {
    tabs: [tab],
    open,
  } = tabs(1)
  tab!.set('wall', 'half a sen')
  expect([open().get('wall'), open().get('cafe')]).toEqual(['half a sen', ''])
})

test('each tab keeps what is written in it', () => {
  const {
    tabs: [first, second],
  } = tabs(2)
  first!.set('wall', 'in the first')
  second!.set('wall', 'in the second')
  expect([first!.get('wall'), second!.get('wall')]).toEqual(['in the first', 'in the second'])
})

test('a kept text that was posted in one tab is not offered by another, which is told at once', () => {
  const {
    tabs: [first],
    open,
  } = tabs(1)
  first!.set('wall', 'hello')
  const second = open()
  expect(second.get('wall')).toBe('hello')
  const shown: string[] = []
  second.subscribe(() => shown.push(second.get('wall')))
  first!.set('wall', '')
  expect(shown).toEqual([''])
})

test.each([
  ['before', ['second', 'first']],
  ['after', ['first', 'second']],
])('what is being written outlives a reload though another tab has posted, written %s it', (_when, order) => {
  const {
    tabs: [first, second],
    open,
  } = tabs(2)
  for (const name of order) {
    if (name === 'first') first!.set('wall', 'short')
    else second!.set('wall', 'a long draft')
  }
  first!.set('wall', '')
  expect(open().get('wall')).toBe('a long draft')
})
