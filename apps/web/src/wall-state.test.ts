import type { Entry } from '@parvis/contracts/post'
import { postEntry } from './testing/post-entry.ts'
import { applyFrame, applyOlder, emptyWall, MOST_ENTRIES, type Wall, type WallFrame } from './wall-state.ts'

const snapshot = (entries: Entry[], more: Partial<Extract<WallFrame, { type: 'wall.snapshot' }>> = {}): WallFrame => ({
  type: 'wall.snapshot',
  channel: 'wall',
  epoch: 'e1',
  entries,
  first: entries[0]?.seq ?? 1,
  last: entries.at(-1)?.seq ?? 0,
  hasMore: false,
  reason: 'fresh',
  ...more,
})
const updated = (entries: Entry[], epoch = 'e1'): WallFrame => ({
  type: 'wall.updated',
  channel: 'wall',
  epoch,
  entries,
  first: entries[0]!.seq,
  last: entries.at(-1)!.seq,
  cachedAt: 0,
})
const position = (last: number, epoch = 'e1'): WallFrame => ({ type: 'wall.position', channel: 'wall', epoch, last })
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => postEntry(first + i))
const seqs = (wall: Wall) => wall.entries.map((entry) => entry.seq)
const wallOf = (...frames: WallFrame[]) => frames.reduce((wall, f) => applyFrame(wall, f).wall, emptyWall('wall'))

describe('the client rule', () => {
  const wall = wallOf(snapshot(range(1, 5)))

  it('drops an update that ends at or before what is held', () => {
    expect(applyFrame(wall, updated(range(4, 5)))).toEqual({ wall, outcome: 'nothing-new' })
  })

  it('applies only the tail of an update that overlaps', () => {
    const { wall: next, outcome } = applyFrame(wall, updated(range(4, 7)))
    expect([outcome, seqs(next)]).toEqual(['applied', [1, 2, 3, 4, 5, 6, 7]])
  })

  it('asks to subscribe again when an update leaves a hole, and keeps what it has', () => {
    expect(applyFrame(wall, updated(range(7, 8)))).toEqual({ wall, outcome: 'gap' })
  })

  it('asks to subscribe again when an update has a hole inside', () => {
    expect(applyFrame(wall, updated([postEntry(6), postEntry(8)])).outcome).toBe('gap')
  })

  it('tells a position ahead from one that is not', () => {
    expect(applyFrame(wall, position(6)).outcome).toBe('ahead')
    expect(applyFrame(wall, position(5)).outcome).toBe('nothing-new')
    expect(applyFrame(wall, position(3)).outcome).toBe('nothing-new')
  })

  it('asks to subscribe again when the channel was begun anew', () => {
    expect(applyFrame(wall, updated(range(6, 6), 'e2')).outcome).toBe('gap')
    expect(applyFrame(wall, position(1, 'e2')).outcome).toBe('gap')
  })

  it('replaces everything by a snapshot', () => {
    const next = wallOf(
      snapshot(range(1, 5)),
      snapshot(range(900, 901), { epoch: 'e2', reason: 'epoch-changed', hasMore: true }),
    )
    expect(next).toMatchObject({ epoch: 'e2', last: 901, hasMore: true })
    expect(seqs(next)).toEqual([900, 901])
  })

  it('does not lose its newest entries to a refresh that was read before them', () => {
    const next = wallOf(snapshot(range(1, 5)), updated(range(6, 7)), snapshot(range(2, 5), { reason: 'refreshed' }))
    expect(seqs(next)).toEqual([2, 3, 4, 5, 6, 7])
  })

  it('takes the first entry of a channel that nobody had posted to', () => {
    const next = wallOf(snapshot([], { epoch: null }), updated(range(1, 1)))
    expect(next).toMatchObject({ epoch: 'e1', last: 1 })
  })

  it('leaves the frames of other channels alone', () => {
    expect(applyFrame(wall, { ...updated(range(6, 6)), channel: 'other' })).toEqual({ wall, outcome: 'nothing-new' })
  })

  it('holds a bounded number of entries and knows that there are more', () => {
    const next = wallOf(snapshot(range(1, MOST_ENTRIES)), updated(range(MOST_ENTRIES + 1, MOST_ENTRIES + 3)))
    expect(next.entries).toHaveLength(MOST_ENTRIES)
    expect(next).toMatchObject({ last: MOST_ENTRIES + 3, hasMore: true })
  })
})

describe('edits and removals', () => {
  it('rewrite the post that they are about and take a number of their own', () => {
    const wall = wallOf(
      snapshot(range(1, 3)),
      updated([postEntry(4, { ...postEntry(2).post, text: 'better' }, 'edit')]),
    )
    expect(wall.last).toBe(4)
    expect(wall.entries[1]?.post.text).toBe('better')
  })

  it('mark a removed post', () => {
    const wall = wallOf(snapshot(range(1, 3)), updated([postEntry(4, { ...postEntry(2).post, text: '' }, 'removal')]))
    expect([...wall.removed]).toEqual([postEntry(2).post.id])
  })

  it('also reach a post that is loaded later', () => {
    const edit = postEntry(4, { ...postEntry(2).post, text: 'better' }, 'edit')
    const wall = applyOlder(wallOf(snapshot([postEntry(3), edit], { hasMore: true })), {
      channel: 'wall',
      epoch: 'e1',
      entries: range(1, 2),
      hasMore: false,
    })
    expect(wall.entries.map((entry) => entry.post.text)).toEqual(['post 1', 'better', 'post 3', 'better'])
  })
})

describe('older pages', () => {
  const wall = wallOf(snapshot(range(11, 15), { hasMore: true }))
  const page = (entries: Entry[], more = {}) => ({ channel: 'wall', epoch: 'e1', entries, hasMore: true, ...more })

  it('go before what is held', () => {
    const next = applyOlder(wall, page(range(1, 10), { hasMore: false }))
    expect(seqs(next)).toEqual(range(1, 15).map((entry) => entry.seq))
    expect(next).toMatchObject({ hasMore: false, last: 15 })
  })

  it('are left out when they do not join on or belong to another epoch', () => {
    expect(applyOlder(wall, page(range(1, 9)))).toBe(wall)
    expect(applyOlder(wall, page(range(1, 10), { epoch: 'e0' }))).toBe(wall)
  })

  it('end the asking when there is nothing older', () => {
    expect(applyOlder(wall, page([], { hasMore: false })).hasMore).toBe(false)
  })
})

describe('a wall under a bad network', () => {
  // mulberry32, a small seeded generator: a failing run can be had again from its seed.
  const seeded = (seed: number) => () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  it('ends equal to the truth, whatever is dropped, doubled or out of order', () => {
    for (let seed = 1; seed <= 200; seed++) trial(seed)
  })

  function trial(seed: number) {
    const random = seeded(seed)
    const upTo = (n: number) => Math.floor(random() * n)
    const truth: Entry[] = []
    const start = upTo(20)
    for (let seq = 1; seq <= start; seq++) truth.push(postEntry(seq))
    const answer = (wall: Wall): WallFrame =>
      wall.epoch === 'e1' && wall.last > 0 && truth.length > wall.last
        ? updated(truth.slice(wall.last))
        : snapshot(truth.slice(-50), { hasMore: truth.length > 50, epoch: truth.length ? 'e1' : null })

    let wall = applyFrame(emptyWall('wall'), answer(emptyWall('wall'))).wall
    const wire: WallFrame[] = []
    for (let step = 0; step < 60; step++) {
      const first = truth.length + 1
      for (let seq = first; seq < first + 1 + upTo(4); seq++) {
        const edits = seq > 1 && random() < 0.2
        const target = edits ? truth[upTo(truth.length)]!.post : undefined
        const entry = postEntry(seq, target ? { ...target, text: `edit ${seq}` } : {}, target ? 'edit' : 'post')
        truth.push(entry)
        // An entry is always served in its current form.
        for (const [i, e] of truth.entries()) if (e.post.id === target?.id) truth[i] = { ...e, post: entry.post }
      }
      const from = Math.max(1, first - upTo(5))
      if (random() > 0.3) wire.splice(upTo(wire.length + 1), 0, updated(truth.slice(from - 1)))
      if (random() < 0.2 && wire.length > 0) wire.push(wire[upTo(wire.length)]!)
      while (wire.length > 0 && random() < 0.6) {
        const next = applyFrame(wall, wire.shift()!)
        wall = next.wall
        if (next.outcome === 'gap' || (next.outcome === 'ahead' && random() < 0.5)) wire.push(answer(wall))
      }
      const held = seqs(wall)
      expect(held).toEqual(held.map((_, i) => held[0]! + i))
    }
    for (const frame of wire) wall = applyFrame(wall, frame).wall
    if (applyFrame(wall, position(truth.length)).outcome !== 'nothing-new') wall = applyFrame(wall, answer(wall)).wall

    expect(wall.last).toBe(truth.length)
    const held = truth.slice(-wall.entries.length)
    expect(seqs(wall)).toEqual(held.map((entry) => entry.seq))
    const posts = (entries: readonly Entry[]) => entries.filter((e) => e.kind === 'post').map((e) => e.post.text)
    expect([seed, ...posts(wall.entries)]).toEqual([seed, ...posts(held)])
  }
})
