import { setTimeout as sleep } from 'node:timers/promises'
import { partitionOf, partitions } from '@parvis/contracts/partition'
import { PlainError } from '@parvis/stack/servers'
import { check } from './check/check.ts'
import {
  readLastSeqs,
  readPages,
  readQueues,
  readRefusals,
  readStored,
  readWindows,
  takeParked,
} from './check/collect.ts'
import type { Facts, Violation } from './check/facts.ts'
import { watchMemory } from './check/memory.ts'
import type { Fault } from './faults/fault.ts'
import { createJournal, type Journal } from './load/journal.ts'
import { openReader, type Reader, type ReaderKind } from './load/reader.ts'
import { startWriters, type Writers } from './load/writers.ts'
import { type Second, type Timeline, watchTimeline } from './timeline.ts'
import type { World } from './world.ts'

/** Two channels in each partition. */
const CHANNELS_EACH = 2
const WARM_UP_MS = 3_000
const CALM_MS = 1_500
/** A round without faults: what the weather is like otherwise. */
const CALM_FOR_MS = 10_000
/** Everything must have come to rest by then: a heartbeat (25 s) tells a reader what it missed at the very end. */
const PATIENCE_MS = 60_000

/** One run of writers, readers and faults on channels of its own, and what the checker found. */
export interface Round {
  name: string
  channels: string[]
  journal: Journal
  writers: Writers
  readers: Reader[]
  /** More readers, for faults that need many; they are checked like the others. */
  addReaders(
    kind: ReaderKind,
    count: number,
    options?: { channels?: string[]; first?: number; jitterMs?: number; gateways?: string[] },
  ): Reader[]
  /** One more channel, which nobody has used; it is checked like the others. */
  addChannel(): string
  /** Something that shall be parked. */
  addPoison(body: string): void
  expect(what: string, ok: boolean, detail?: string): void
  /** A figure that a person wants to see beside the verdict. */
  note(line: string): void
  /** Posts a second when no fault asks for another. */
  usualRate: number
}

export interface RoundResult {
  name: string
  violations: Violation[]
  recoveries: Facts['recoveries']
  skipped: { fault: string; why: string }[]
  counts: {
    sent: number
    accepted: number
    stored: number
    refused: number
    parked: number
    recovered: number
    shown: number
    told: number
  }
  memory: Facts['memory']
  notes: string[]
  timeline: Timeline
  seconds: number
}

export interface RoundOptions {
  name: string
  faults: readonly Fault[]
  rate: number
  /** Two faults at a time, now and then. */
  overlap?: boolean
  /** How long to wait for what should come about; less where it is known that it will not. */
  patienceMs?: number
  /** How long each fault lasts, instead of its own time. */
  holdMs?: number
  /** Within what time posts must flow again after a fault. */
  recoveryMs?: number
  /** Goes through the faults again until so many ms have passed. */
  untilMs?: number
  onSecond?: (second: Second) => void
  signal?: AbortSignal
}

/** Runs one round. Rejects only when the world itself breaks down; what the system does wrong is in the result. */
export async function runRound(world: World, options: RoundOptions): Promise<RoundResult> {
  const { name, signal, recoveryMs = 0, patienceMs = Math.max(PATIENCE_MS, recoveryMs) } = options
  const { random } = world
  const started = Date.now()
  const journal = createJournal()
  const channels = channelNames(name)
  const readers: Reader[] = []
  const poison = new Set<string>()
  const expectations: Facts['expectations'] = []
  const recoveries: Facts['recoveries'] = []
  const skipped: RoundResult['skipped'] = []
  const notes: string[] = []
  await using stack = new AsyncDisposableStack()

  const addReaders: Round['addReaders'] = (
    kind,
    count,
    { channels: some = channels, first, jitterMs, gateways = world.gateways } = {},
  ) => {
    const added = Array.from({ length: count }, (_, n) =>
      openReader({
        name: `${kind} reader ${readers.length + n + 1}`,
        kind,
        gateways,
        channels: some,
        journal,
        random,
        first: first ?? readers.length + n,
        ...(jitterMs !== undefined && { jitterMs }),
      }),
    )
    readers.push(...added)
    return added
  }
  stack.defer(() => {
    for (const reader of readers) reader.close()
  })
  addReaders('steady', world.gateways.length)
  addReaders('slow', 1)
  addReaders('reconnecting', 2)
  addReaders('dropping', 2)

  const writers = await startWriters({
    gateways: world.gateways,
    channels: [...channels],
    journal,
    random,
    rate: options.rate,
    count: 8,
  })
  stack.defer(() => writers.close())
  const memory = stack.use(watchMemory(world))
  const timeline = stack.use(
    watchTimeline(world, { journal, channels, ...(options.onSecond && { onSecond: options.onSecond }) }),
  )
  const round: Round = {
    name,
    channels,
    journal,
    writers,
    readers,
    addReaders,
    addChannel() {
      const channel = `${channels[0]!.replace(/-\d+$/, '')}-${channels.length}`
      channels.push(channel)
      return channel
    },
    addPoison: (body) => void poison.add(body),
    usualRate: options.rate,
    expect: (what, ok, detail = '') => void expectations.push({ what, ok, detail }),
    note: (line) => void notes.push(line),
  }

  const pause = (ms: number) => sleep(ms, undefined, signal && { signal }).catch(() => {})
  const stopped = new Promise<undefined>((resolve) => signal?.addEventListener('abort', () => resolve(undefined)))
  const common = [...channels]
  const ends = new Map<Facts['recoveries'][number], number>()
  await pause(WARM_UP_MS)
  const until = started + (options.untilMs ?? 0)
  do {
    for (const batch of batches(world, options)) {
      if (signal?.aborted || (options.untilMs && Date.now() > until)) break
      await rage(batch)
      await pause(CALM_MS)
    }
    if (options.faults.length === 0) await pause(CALM_FOR_MS)
  } while (!signal?.aborted && Date.now() < until)

  /** Lets the faults in, holds them, heals them, and measures until posts flow again. */
  async function rage(batch: readonly Fault[]): Promise<void> {
    const able = batch.filter((fault) => {
      const why = fault.needs?.(world)
      if (why && !skipped.some((one) => one.fault === fault.name)) skipped.push({ fault: fault.name, why })
      return !why
    })
    if (able.length === 0) return
    const title = able.map((fault) => fault.name).join(' + ')
    timeline.begin(title)
    const [begun, before] = [Date.now(), journal.counts()]
    for (const fault of able) {
      await fault
        .inject(world, round)
        .catch((error) => round.expect(`${fault.name} can be injected`, false, String(error)))
    }
    await pause(options.holdMs ?? Math.max(...able.map(({ holdMs }) => holdMs)))
    for (const fault of able) {
      await fault
        .heal?.(world, round)
        .catch((error) => round.expect(`${fault.name} can be healed`, false, String(error)))
    }
    timeline.heal(title)
    const [healed, after] = [Date.now(), journal.counts()]
    const grown = (name: 'accepted' | 'notDurable' | 'later' | 'lost') => after[name] - before[name]
    const [accepted, notDurable, later, lost] = [grown('accepted'), grown('notDurable'), grown('later'), grown('lost')]
    const during = { ms: healed - begun, accepted, notDurable, later, lost }
    const ms = await Promise.race([journal.untilFlowing(common, patienceMs), stopped])
    if (signal?.aborted) return
    recoveries.push({ fault: title, ms, during })
    ends.set(recoveries.at(-1)!, healed)
    timeline.end(ms)
  }

  if (signal?.aborted) throw new PlainError('Stopped before the end: nothing is proved.')
  timeline.phase('settling')
  writers.pause(true)
  const answered = await writers.settle(patienceMs)
  if (!answered) round.expect('every post is answered', false, `${writers.waiting()} were not in time`)
  for (const reader of readers) reader.settle()
  await untilAtRest(world, round, patienceMs)
  timeline.phase('checking')
  for (const [recovery, healed] of ends) recovery.caughtUpMs = caughtUpMs(journal, healed)
  const stored = await readStored(world, channels)
  const facts: Facts = {
    sent: [...journal.sent.values()],
    faults: [...journal.faults, ...readers.flatMap(({ faults }) => faults)],
    stored,
    lastSeq: await readLastSeqs(world, channels),
    refusals: await readRefusals(world),
    parked: await takeParked(world),
    poison,
    readers,
    windows: await untilWindowsAgree(world, channels, stored, patienceMs / 2),
    pages: await readPages(world, channels),
    queues: await untilQueuesEmpty(world, patienceMs / 2),
    memory: memory.peaks(),
    recoveries,
    expectations,
  }
  const violations = check(facts, options.recoveryMs)
  return {
    name,
    violations,
    recoveries,
    skipped,
    counts: countsOf(facts),
    memory: facts.memory,
    notes,
    timeline: timeline.take(),
    seconds: Math.round((Date.now() - started) / 1000),
  }
}

/** From `healed` until the last post that was accepted before had been shown. */
function caughtUpMs({ sent }: Journal, healed: number): number {
  const before = [...sent.values()].filter(({ accepted }) => accepted && accepted.at <= healed)
  return before.reduce((last, { seenAt = 0 }) => Math.max(last, seenAt), healed) - healed
}

/** Names so that each partition has as many channels as any other. */
function channelNames(round: string): string[] {
  const names = partitions.map((): string[] => [])
  for (let n = 0; names.some((some) => some.length < CHANNELS_EACH); n++) {
    const name = `${round}-${n}`
    const some = names[partitionOf(name)]!
    if (some.length < CHANNELS_EACH) some.push(name)
  }
  return names.flat()
}

/** The faults one after the other, or now and then two that do not meddle with the same. */
function batches(world: World, { faults, overlap = false }: RoundOptions): Fault[][] {
  const result: Fault[][] = []
  for (const fault of overlap ? world.random.shuffle(faults) : faults) {
    const before = result.at(-1)
    const joins =
      overlap &&
      before?.length === 1 &&
      world.random.next() < 0.3 &&
      !before[0]!.touches.some((what) => fault.touches.includes(what))
    if (joins) before.push(fault)
    else result.push([fault])
  }
  return result
}

/** Waits until every accepted post has met its fate and every reader is where MySQL is; then, or after a minute, goes on. */
async function untilAtRest(world: World, { journal, readers, channels }: Round, limitMs: number): Promise<void> {
  const accepted = [...journal.sent.values()].filter((post) => post.accepted)
  await within(limitMs, async () => {
    if (accepted.some(({ fate, seenAt }) => fate === 'stored' && seenAt === undefined)) return false
    const refusals = await readRefusals(world)
    if (accepted.some(({ fate, accepted }) => fate !== 'stored' && !refusals.has(accepted!.postId))) return false
    const last = await readLastSeqs(world, channels)
    return readers.every(({ shown }) => [...shown].every(([channel, each]) => each.last === (last.get(channel) ?? 0)))
  })
}

/** The windows of Redis once they are all MySQL's, or as they are after two rounds of the cache-workers. */
async function untilWindowsAgree(
  world: World,
  channels: readonly string[],
  stored: Facts['stored'],
  limitMs: number,
): Promise<Facts['windows']> {
  let windows: Facts['windows'] = new Map()
  await within(limitMs, async () => {
    windows = await readWindows(world, channels)
    return channels.every((channel) => (windows.get(channel)?.last ?? 0) === stored.get(channel)?.length)
  })
  return windows
}

/** What the queues hold once all are empty, or after half a minute; the broker counts every five seconds only. */
async function untilQueuesEmpty(world: World, limitMs: number): Promise<Facts['queues']> {
  let queues: Facts['queues'] = []
  await within(limitMs, async () => {
    queues = await readQueues(world)
    return queues.every(({ messages }) => messages === 0)
  })
  return queues
}

/** Asks again and again until it is so or the time is over; a failure counts as no. */
async function within(ms: number, isSo: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + ms
  while (Date.now() < until && !(await isSo().catch(() => false))) await sleep(250)
}

function countsOf({ sent, stored, refusals, parked, readers }: Facts): RoundResult['counts'] {
  const all = [...sent]
  const accepted = new Map(all.flatMap((post) => (post.accepted ? [[post.clientId, post.accepted]] : [])))
  const rows = [...stored.values()].flat()
  const pieces = readers.flatMap(({ shown }) => [...shown.values()])
  return {
    sent: all.length,
    accepted: accepted.size,
    stored: rows.length,
    refused: [...accepted.values()].filter(({ postId }) => refusals.has(postId)).length,
    parked: parked.length,
    recovered: rows.filter(({ clientId }) => !accepted.has(clientId)).length,
    shown: pieces.reduce((sum, { digests }) => sum + digests.filter((one) => one !== undefined).length, 0),
    told: pieces.reduce((sum, { told }) => sum + told.length, 0),
  }
}
