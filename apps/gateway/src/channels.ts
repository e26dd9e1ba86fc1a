import { explain } from '@parvis/bus/errors'
import { backOffMs, pause } from '@parvis/bus/wait'
import { WINDOW_ENTRIES } from '@parvis/contracts/limits'
import type { SnapshotReason } from '@parvis/contracts/live-protocol'
import type { WallPositions } from '@parvis/contracts/wall-positions'
import type { WallUpdated } from '@parvis/contracts/wall-updated'
import type { Cache } from '@parvis/storage/redis'
import type { Logger } from 'pino'
import type { AskWall } from './ask-wall.ts'
import { append, type ChannelMemory, emptyMemory, firstOf, memoryOf } from './channel-memory.ts'
import { createMissedRuns, updatedText } from './missed-run.ts'
import { readyFrame } from './ready-frame.ts'
import { newestInRedis, withOlder } from './window-memory.ts'

/** Channels kept without anyone watching them, least recently used first to go. */
const MOST_UNWATCHED = 1_000
/** Beyond so many no further one is watched: each of them is asked for when the broker comes back. */
export const MOST_WATCHED = 5_000
/** Characters that all memories may hold, about: each has an equal share of it, 1 Mi at most, and room for its newest page. */
const ALL_CHARACTERS = 256 * 1024 * 1024
/** Updates held while a channel catches up; beyond it they are dropped and asked for. */
const MOST_HELD = 200
/** How long an update may be on its way before a position that is ahead means that it was missed. */
const DOUBT_MS = 2_000

/** Someone who is told all that happens in a channel. Called synchronously; must not throw. */
export interface Watcher {
  /** Entries that follow `before`, as the bytes of a whole WebSocket frame. */
  onRun(frame: Buffer, before: number): void
  /** The channel is shown anew: `before` was the last sequence until now. */
  onAnew(reason: SnapshotReason, before: number): void
  /** The memory is in step with the broadcasts (again). */
  onSure(): void
}

export interface Channel {
  name: string
  /** Whether the memory is in step with the broadcasts; only then anyone is answered from it. */
  sure: boolean
  memory: ChannelMemory
  watchers: Set<Watcher>
  /** What MySQL last said, never the gateway's own count: the frame that the heartbeat brings to every reader. */
  positionFrame?: Buffer
  /** How the memory was last filled. */
  source: 'redis' | 'mysql'
  held: { update: WallUpdated; frame: Buffer | undefined }[]
  catchingUp: Promise<void> | undefined
  deepening: Promise<void> | undefined
  doubt: NodeJS.Timeout | undefined
}

/**
 * What this gateway knows of each channel, and how it stays in step: broadcasts append to the memory; a hole, a position
 * that stays ahead, or a lost broker connection make a channel unsure, and it catches up from MySQL before it is used
 * again. Live watchers get what was missed as if it had just come.
 */
export function createChannels(needs: { ask: AskWall; cache: Cache; prefix: string; log: Logger }) {
  const { ask, cache, prefix, log } = needs
  const channels = new Map<string, Channel>()
  /** Those that nobody watches, the least recently used first: a Map keeps the order of insertion. */
  const unwatched = new Map<string, Channel>()
  let hearing = false
  let deafness = new AbortController()

  function open(name: string): Channel {
    const known = channels.get(name)
    const channel: Channel = known ?? {
      name,
      sure: false,
      memory: emptyMemory(),
      watchers: new Set(),
      source: 'mysql',
      held: [],
      catchingUp: undefined,
      deepening: undefined,
      doubt: undefined,
    }
    channels.set(name, channel)
    if (channel.watchers.size === 0) keepUnwatched(channel)
    return channel
  }

  function keepUnwatched(channel: Channel): void {
    unwatched.delete(channel.name)
    unwatched.set(channel.name, channel)
    if (unwatched.size > MOST_UNWATCHED) forget(unwatched.values().next().value!)
  }

  function forget(channel: Channel): void {
    clearTimeout(channel.doubt)
    // Forgotten already, and another one has its name: a load that ends late is not about that one.
    if (channels.get(channel.name) !== channel) return
    channels.delete(channel.name)
    unwatched.delete(channel.name)
  }

  const room = () => Math.floor(ALL_CHARACTERS / channels.size)

  /** Lets everyone know a run that the memory does not have yet; false when it leaves a hole. */
  function apply(channel: Channel, update: WallUpdated, frame?: Buffer): boolean {
    const { memory } = channel
    const before = memory.last
    if (update.epoch !== memory.epoch) {
      // The first post of a channel brings its epoch; any other new epoch is another channel under the same name.
      if (memory.epoch !== null || before !== 0 || update.first > 1) return false
      memory.epoch = update.epoch
    }
    if (update.last <= before) return true
    if (update.first > before + 1) return false
    const whole = update.first === before + 1
    const entries = whole ? update.entries : update.entries.slice(before + 1 - update.first)
    append(memory, entries, room())
    if (channel.watchers.size === 0) return true
    const { last, cachedAt } = update
    const head = { channel: channel.name, epoch: memory.epoch, first: before + 1, last, cachedAt }
    const ready = readyFrame(whole && frame ? frame : updatedText(head, JSON.stringify(entries)))
    for (const watcher of channel.watchers) watcher.onRun(ready, before)
    return true
  }

  function becomeSure(channel: Channel): boolean {
    const held = channel.held.splice(0)
    for (const { update, frame } of held) if (!apply(channel, update, frame)) return false
    channel.sure = true
    for (const watcher of channel.watchers) watcher.onSure()
    return true
  }

  function showAnew(channel: Channel, piece: WallUpdated, reason: SnapshotReason): void {
    const before = channel.memory.last
    const memory = memoryOf(piece.epoch, piece.entries, piece.head ?? piece.last, room())
    // A piece may be cut short, by who asked for it or by its bytes; Redis may have more of the newest 500.
    memory.shallow = firstOf(memory) > 1 && memory.entries.length < WINDOW_ENTRIES
    channel.memory = memory
    for (const watcher of channel.watchers) watcher.onAnew(reason, before)
  }

  /** One step towards MySQL's position; true when it is reached. */
  async function catchUpOnce(channel: Channel): Promise<boolean> {
    const { memory } = channel
    const { signal } = deafness
    const after = memory.last
    const missed = await ask.piece(channel.name, { after, limit: WINDOW_ENTRIES })
    channel.source = 'mysql'
    // What was said while nothing was heard may be newer than an answer from before.
    signal.throwIfAborted()
    const head = missed.head ?? missed.last
    const sameEpoch = missed.epoch === memory.epoch || (memory.epoch === null && after === 0)
    if (!sameEpoch || head - after > WINDOW_ENTRIES || head < after) {
      const page = await ask.piece(channel.name, { limit: WINDOW_ENTRIES })
      signal.throwIfAborted()
      showAnew(channel, page, sameEpoch && head >= after ? 'too-old' : 'epoch-changed')
      return becomeSure(channel)
    }
    if (missed.entries.length > 0) apply(channel, withoutAnswer(missed))
    return channel.memory.last >= head && becomeSure(channel)
  }

  /** Catches up until the channel is sure, nobody watches it, or the broker is lost. */
  function catchUp(channel: Channel): Promise<void> {
    channel.sure = false
    channel.catchingUp ??= (async () => {
      for (let attempt = 0; hearing && channels.get(channel.name) === channel; attempt++) {
        try {
          if (await catchUpOnce(channel)) return
          attempt = 0
        } catch (error) {
          log.warn({ channel: channel.name, reason: explain(error) }, 'a channel could not catch up yet')
          if (channel.watchers.size === 0) return forget(channel)
        }
        // Cut short when the broker is lost. Should it be back already, nobody else would go on: so this does.
        await pause(backOffMs(attempt), deafness.signal)
      }
    })().finally(() => {
      channel.catchingUp = undefined
    })
    return channel.catchingUp
  }

  async function load(channel: Channel): Promise<void> {
    const { signal } = deafness
    const newest = await newestInRedis(cache, prefix, channel.name)
    signal.throwIfAborted()
    if (newest) {
      channel.memory = newest
      channel.source = 'redis'
      if (becomeSure(channel)) return
    }
    const page = await ask.piece(channel.name, { limit: WINDOW_ENTRIES })
    signal.throwIfAborted()
    channel.memory = memoryOf(page.epoch, page.entries, page.head ?? page.last, room())
    channel.source = 'mysql'
    if (!becomeSure(channel)) throw new Error('an update came that does not fit')
  }

  /** Makes a channel sure that is not: from Redis, else from MySQL. Resolves when it has tried once. */
  function sync(channel: Channel): Promise<void> {
    if (channel.sure || !hearing) return Promise.resolve()
    if (channel.catchingUp) return channel.catchingUp
    const fresh = channel.memory.epoch === null && channel.memory.last === 0
    if (!fresh) return catchUp(channel)
    channel.catchingUp = load(channel)
      .catch((error) => {
        log.warn({ channel: channel.name, reason: explain(error) }, 'a channel could not be loaded yet')
        if (channel.watchers.size === 0) forget(channel)
      })
      .finally(() => {
        channel.catchingUp = undefined
        if (!channel.sure && channel.watchers.size > 0 && hearing) void catchUp(channel)
      })
    return channel.catchingUp
  }

  /** Adds to a memory what more Redis has of the channel's newest 500, asked for once; nothing when it has no more. */
  async function deepen(channel: Channel): Promise<void> {
    if (!channel.memory.shallow) return
    channel.deepening ??= withOlder(cache, prefix, channel, room()).finally(() => {
      channel.deepening = undefined
    })
    return channel.deepening
  }

  return {
    sync,
    catchUp,
    deepen,
    missedRun: createMissedRuns(),
    hearing: () => hearing,
    size: () => channels.size,
    watchedCount: () => channels.size - unwatched.size,

    /** The channel, known or new, for a reader. */
    open,

    /** The channel if this gateway has it in mind, for a reader. */
    known: (name: string): Channel | undefined => (channels.has(name) ? open(name) : undefined),

    watch(channel: Channel, watcher: Watcher): void {
      channel.watchers.add(watcher)
      unwatched.delete(channel.name)
      if (channel.sure) watcher.onSure()
      else void sync(channel)
    },

    unwatch(channel: Channel, watcher: Watcher): void {
      channel.watchers.delete(watcher)
      if (channel.watchers.size === 0 && channels.get(channel.name) === channel) keepUnwatched(channel)
    },

    /** Entries of one channel, with their broadcast's bytes if they are of one broadcast. */
    onUpdated(update: WallUpdated, frame: Buffer | undefined): void {
      const channel = channels.get(update.channel)
      if (!channel) return
      if (channel.sure) {
        if (apply(channel, update, frame)) return
        channel.sure = false
      }
      channel.held.push({ update, frame })
      if (channel.held.length > MOST_HELD) channel.held.shift()
      void catchUp(channel)
    },

    /** Someone asked by hand that everyone shows a channel anew. */
    onRefreshed(page: WallUpdated): void {
      const channel = channels.get(page.channel)
      if (!channel?.sure) return
      const { memory } = channel
      const newer = page.epoch === memory.epoch ? memory.entries.filter(({ seq }) => seq > page.last) : []
      // The memory was read later than a page that does not reach it; both together would have a hole between them.
      const older = newer[0] !== undefined && newer[0].seq > page.last + 1 ? [] : page.entries
      const head = Math.max(page.head ?? page.last, newer.at(-1)?.seq ?? 0)
      const reason = page.epoch === memory.epoch ? 'refreshed' : 'epoch-changed'
      showAnew(channel, { ...page, entries: [...older, ...newer], head }, reason)
    },

    /** Where channels end, by MySQL. One that stays ahead of us for 2 s has something that we missed. */
    onPositions(positions: WallPositions['positions']): void {
      for (const { channel: name, epoch, last } of positions) {
        const channel = channels.get(name)
        if (!channel) continue
        channel.positionFrame = readyFrame(JSON.stringify({ type: 'wall.position', channel: name, epoch, last }))
        const inStep = () => channel.memory.epoch === epoch && channel.memory.last >= last
        if (!channel.sure || inStep() || channel.doubt) continue
        channel.doubt = setTimeout(() => {
          channel.doubt = undefined
          if (channel.sure && hearing && !inStep()) void catchUp(channel)
        }, DOUBT_MS)
      }
    },

    /** Every broadcast is heard from now on; what came before may have been missed. */
    onUp(): void {
      hearing = true
      deafness = new AbortController()
      for (const channel of [...channels.values()]) void catchUp(channel)
    },

    /** Nothing is heard: no memory may be trusted, and what nobody watches is forgotten. */
    onDown(): void {
      hearing = false
      deafness.abort()
      for (const channel of [...channels.values()]) {
        channel.sure = false
        channel.held = []
        if (channel.watchers.size === 0) forget(channel)
      }
    },

    watched: () => [...channels.values()].filter(({ watchers }) => watchers.size > 0),
  }
}
export type Channels = ReturnType<typeof createChannels>

function withoutAnswer(piece: WallUpdated): WallUpdated {
  const { type, channel, epoch, first, last, entries, cachedAt } = piece
  return { type, channel, epoch, first, last, entries, cachedAt }
}
