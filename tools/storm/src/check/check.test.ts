import type { Sent } from '../load/journal.ts'
import type { Shown } from '../load/reader.ts'
import { check, summarise } from './check.ts'
import type { Facts, StoredFact } from './facts.ts'

// The checker itself: logs that were made up, with each violation in turn, and it must name it.

const CHANNEL = 'square'

/** A post that was sent once on socket 1, accepted and seen. */
function sent(n: number, changes: Partial<Sent> = {}): Sent {
  return {
    clientId: `client-${n}`,
    channel: CHANNEL,
    author: 'Ada',
    text: `text ${n}`,
    fate: 'stored',
    firstTick: n,
    lastTick: n,
    firstLine: 'socket 1',
    lastLine: 'socket 1',
    accepted: { postId: `post-${n}`, line: 'socket 1', gateway: 'http://near', at: n },
    ...changes,
  }
}

function row(n: number, seq = n): StoredFact {
  return { seq, id: `post-${n}`, clientId: `client-${n}`, author: 'Ada', text: `text ${n}`, digest: `post-${n}/x` }
}

function shownAll(rows: StoredFact[]): Shown {
  const digests: Shown['digests'] = []
  for (const { seq, digest } of rows) digests[seq] = digest
  return { from: 1, last: rows.length, epoch: 'e', digests, told: [] }
}

/** Three posts, and everything as it should be. */
function good(): Facts & { sent: Sent[] } {
  const rows = [row(1), row(2), row(3)]
  const digests = rows.map(({ digest }) => digest)
  return {
    sent: [sent(1), sent(2), sent(3)],
    faults: [],
    stored: new Map([[CHANNEL, rows]]),
    lastSeq: new Map([[CHANNEL, 3]]),
    refusals: new Map(),
    parked: [],
    poison: new Set(),
    readers: [{ name: 'reader', shown: new Map([[CHANNEL, shownAll(rows)]]) }],
    windows: new Map([[CHANNEL, { first: 1, last: 3, digests }]]),
    pages: [{ gateway: 'http://near', channel: CHANNEL, digests }],
    queues: [{ name: 'db-writer.p0', messages: 0 }],
    memory: [{ name: 'gateway', peakMiB: 100, limitMiB: 640 }],
    recoveries: [{ fault: '1-broker-killed', ms: 9_000 }],
    expectations: [{ what: 'a socket closes', ok: true, detail: '' }],
  }
}

/** The rows are these now, and everybody sees them so. */
function restore(facts: Facts, rows: StoredFact[]): void {
  const digests = rows.map(({ digest }) => digest)
  facts.stored.set(CHANNEL, rows)
  facts.lastSeq.set(CHANNEL, rows.length)
  facts.readers = [{ name: 'reader', shown: new Map([[CHANNEL, shownAll(rows)]]) }]
  facts.windows.set(CHANNEL, { first: 1, last: rows.length, digests })
  facts.pages = [{ gateway: 'http://near', channel: CHANNEL, digests }]
}

const codes = (facts: Facts) => check(facts).map(({ code }) => code)

test('finds nothing where nothing is wrong', () => {
  expect(check(good())).toEqual([])
})

test('a refused post that was not fit, and a parked one that was meant to be, are right', () => {
  const facts = good()
  const answer = (n: number) => ({ postId: `post-${n}`, line: 'socket 1', gateway: 'http://near', at: n })
  facts.sent.push(sent(4, { fate: 'refused', accepted: answer(4) }), sent(5, { fate: 'parked', accepted: answer(5) }))
  facts.refusals.set('post-4', { status: 'refused', code: 'too-many-links' })
  facts.refusals.set('post-5', { status: 'parked', code: 'post-parked' })
  facts.parked.push({ body: '{"posts":[{"id":"post-5","clientId":"client-5"}]}', reason: 'x', queue: 'post-worker.p0' })
  facts.poison.add('{"text": 5}')
  facts.parked.push({ body: '{"text": 5}', reason: 'value-not-fit', queue: 'post-worker.p0' })
  expect(check(facts)).toEqual([])
})

test('a post without an answer may be on the wall or not', () => {
  const facts = good()
  const { accepted: _, ...unanswered } = sent(2)
  facts.sent[1] = unanswered
  facts.sent.push({ ...unanswered, clientId: 'client-9', firstTick: 9, lastTick: 9 })
  expect(check(facts)).toEqual([])
})

const broken: [what: string, code: string, spoil: (facts: ReturnType<typeof good>) => void][] = [
  ['an accepted post that is nowhere', 'lost', (facts) => facts.sent.push(sent(4))],
  [
    'a post stored twice',
    'stored-twice',
    (facts) => restore(facts, [row(1), row(2), row(3), { ...row(2, 4), id: 'post-2b' }]),
  ],
  ['a hole in the sequence', 'sequence', (facts) => restore(facts, [row(1), row(2, 3), row(3, 4)])],
  ['a sequence given twice', 'sequence', (facts) => restore(facts, [row(1), row(2, 2), row(3, 2)])],
  ['a counter that is ahead of the entries', 'last-seq', (facts) => facts.lastSeq.set(CHANNEL, 4)],
  ['a post that nobody sent', 'never-sent', (facts) => restore(facts, [row(1), row(2), row(3), row(9, 4)])],
  [
    'a text that is not the one that was sent',
    'not-as-sent',
    (facts) => restore(facts, [row(1), { ...row(2), text: 'another' }, row(3)]),
  ],
  [
    'a post under another id than was answered',
    'other-id',
    (facts) => restore(facts, [row(1), { ...row(2), id: 'post-x' }, row(3)]),
  ],
  ['two posts of a socket in the wrong order', 'order', (facts) => restore(facts, [row(1), row(3, 2), row(2, 3)])],
  [
    'a good post refused',
    'not-stored',
    (facts) => {
      facts.sent.push(sent(4))
      facts.refusals.set('post-4', { status: 'refused', code: 'too-many-links' })
    },
  ],
  [
    'a post both stored and refused',
    'stored-and-refused',
    (facts) => void facts.refusals.set('post-2', { status: 'refused', code: 'too-many-links' }),
  ],
  [
    'a good post parked',
    'parked',
    (facts) => void facts.parked.push({ body: '{"posts":[{"id":"post-2"}]}', reason: 'x', queue: 'db-writer.p0' }),
  ],
  ['poison that was not parked', 'not-parked', (facts) => void facts.poison.add('{"text": 5}')],
  [
    'a post that was not fit, on the wall',
    'not-refused',
    (facts) => {
      facts.sent[1] = sent(2, { fate: 'refused' })
    },
  ],
  [
    'a good post turned away at the door',
    'turned-away',
    (facts) => {
      facts.sent[1] = sent(2, { turnedAway: '401 token-invalid' })
    },
  ],
  [
    'a reader that does not reach the end',
    'reader-behind',
    (facts) => {
      facts.readers[0]!.shown.get(CHANNEL)!.last = 2
    },
  ],
  [
    'a reader with a silent hole',
    'reader-hole',
    (facts) => {
      facts.readers[0]!.shown.get(CHANNEL)!.digests[2] = undefined
    },
  ],
  [
    'a reader that was shown something else',
    'reader-differs',
    (facts) => {
      facts.readers[0]!.shown.get(CHANNEL)!.digests[2] = 'post-2/y'
    },
  ],
  [
    'a reader that was shown what MySQL does not hold',
    'reader-differs',
    (facts) => {
      facts.readers[0]!.shown.get(CHANNEL)!.digests[4] = 'post-4/x'
    },
  ],
  [
    'a window that ends before MySQL does',
    'window',
    (facts) => void facts.windows.set(CHANNEL, { first: 1, last: 2, digests: ['post-1/x', 'post-2/x'] }),
  ],
  [
    'a window with a hole',
    'window',
    (facts) => void facts.windows.set(CHANNEL, { first: 1, last: 3, digests: ['post-1/x', 'post-3/x'] }),
  ],
  ['a page that lacks an entry', 'page', (facts) => void facts.pages[0]!.digests.pop()],
  [
    'a queue that is not empty',
    'queue',
    (facts) => {
      facts.queues[0]!.messages = 1
    },
  ],
  [
    'a process that grew',
    'memory',
    (facts) => {
      facts.memory[0]!.peakMiB = 641
    },
  ],
  ['posts that flow too late', 'recovery', (facts) => void facts.recoveries.push({ fault: 'x', ms: 20_001 })],
  ['posts that never flow again', 'recovery', (facts) => void facts.recoveries.push({ fault: 'x', ms: undefined })],
  [
    'a broken word of a fault',
    'expectation',
    (facts) => facts.expectations.push({ what: 'x', ok: false, detail: 'y' }),
  ],
  ['what a reader found at once', 'hole', (facts) => facts.faults.push({ code: 'hole', message: 'x' })],
]

test.each(broken)('names %s', (_what, code, spoil) => {
  const facts = good()
  spoil(facts)
  expect(codes(facts)).toContain(code)
})

test('a reader that was told of a piece may lack it', () => {
  const facts = good()
  const shown = facts.readers[0]!.shown.get(CHANNEL)!
  shown.digests[2] = undefined
  shown.told.push({ from: 2, to: 2 })
  expect(check(facts)).toEqual([])
})

test('a post that had to be sent again may stand where any of its sendings came', () => {
  const facts = good()
  // Sent first, sent again after the others: it may be first, last or between.
  facts.sent[0] = sent(1, { lastTick: 10 })
  for (const rows of [
    [row(1), row(2), row(3)],
    [row(2, 1), row(1, 2), row(3)],
    [row(2, 1), row(3, 2), row(1, 3)],
  ]) {
    restore(facts, rows)
    expect(check(facts)).toEqual([])
  }
})

test('the summary tells some of each kind and how many there are', () => {
  const many = Array.from({ length: 9 }, (_, n) => ({ code: 'lost', message: `${n}` }))
  expect(summarise(many)).toEqual(['lost: 0', 'lost: 1', 'lost: 2', 'lost: 3', 'lost: 4', 'lost: … 9 in all'])
})
