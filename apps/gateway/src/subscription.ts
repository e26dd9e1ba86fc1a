import { backOffMs, pause } from '@parvis/bus/wait'
import { FRAME_BYTES, PAGE_DEFAULT, WINDOW_ENTRIES } from '@parvis/contracts/limits'
import type { SnapshotReason } from '@parvis/contracts/live-protocol'
import type { Entry } from '@parvis/contracts/post'
import type { AskWall } from './ask-wall.ts'
import { firstOf } from './channel-memory.ts'
import type { Channel, Channels, Watcher } from './channels.ts'
import { type RunPart, runOf, updatedText } from './missed-run.ts'

/** A reader with more unsent than this is not buffered for: it gets nothing until it drains. */
const SLOW_BYTES = 1024 * 1024
const DRAINED_BYTES = 256 * 1024
/** A channel is sure within milliseconds. A reader who waits longer is told so, once; the answer follows by itself. */
const TOLD_AFTER_MS = 2_000
/** How often MySQL is asked for one reader before it gets a page instead. */
const MOST_TRIES = 3

/** The way out to one browser. */
export interface Outlet {
  send(message: string): void
  /** Writes the bytes of a whole WebSocket frame. */
  write(frame: Buffer): void
  unsentBytes(): number
  /** Aborted when the socket is closed. */
  readonly signal: AbortSignal
}

/** Subscriptions of slow readers, which are looked at again and again; of thousands of others nothing is asked. */
export type Behind = Set<{ onTick(): void }>

/**
 * One socket's place in one channel. `live`: it has all that the memory has. `waiting`: for the channel to become sure.
 * `asking`: for what only MySQL has. `behind`: it reads too slowly; once it has drained it is treated as if it had
 * subscribed again from its last.
 */
export function createSubscription(needs: {
  channels: Channels
  ask: AskWall
  /** This subscription is in it while its reader is behind; whoever holds it calls `onTick`. */
  behind: Behind
  outlet: Outlet
  channel: string
  after: number | undefined
  epoch: string | undefined
}) {
  const { channels, ask, behind, outlet } = needs
  let state: 'waiting' | 'live' | 'asking' | 'behind' = 'waiting'
  let { after, epoch } = needs
  let channel: Channel | undefined
  let closed = false
  let told: NodeJS.Timeout | undefined

  /** Sends a run; false when the reader became too slow on the way. */
  function sendRun(run: readonly RunPart[]): boolean {
    for (const { frame, last } of run) {
      outlet.write(frame)
      after = last
      if (outlet.unsentBytes() > SLOW_BYTES) return false
    }
    return true
  }

  function snapshot(reason: SnapshotReason): void {
    const { memory, name } = channel!
    const newest = newestThatFit(memory.entries.slice(-PAGE_DEFAULT))
    const first = newest[0]?.seq ?? 0
    const missed = after !== undefined && reason === 'too-old' ? Math.max(0, first - 1 - after) : undefined
    outlet.send(
      JSON.stringify({
        type: 'wall.snapshot',
        channel: name,
        epoch: memory.epoch,
        entries: newest,
        first,
        last: memory.last,
        hasMore: first > 1,
        reason,
        ...(missed !== undefined && { missed }),
      }),
    )
    goLive()
  }

  function goLive(): void {
    clearTimeout(told)
    state = 'live'
    after = channel!.memory.last
    epoch = channel!.memory.epoch ?? undefined
  }

  function fallBehind(): void {
    state = 'behind'
    behind.add(subscription)
  }

  /** Answers with exactly what was missed, or says why not. Called whenever the channel is sure and we are not live. */
  function answer(): void {
    if (closed || !channel) return
    if (!channel.sure) {
      state = 'waiting'
      return
    }
    const { memory } = channel
    if (after === undefined) return snapshot('fresh')
    if (epoch !== undefined && epoch !== memory.epoch) return snapshot('epoch-changed')
    if (after > memory.last) return void askWhetherAhead(after)
    if (after < firstOf(memory) - 1) {
      if (memory.last - after > WINDOW_ENTRIES) return snapshot('too-old')
      return void (memory.shallow ? lookInRedis() : askForOlder(after))
    }
    if (after === memory.last) {
      const { name } = channel
      const head = { channel: name, epoch: memory.epoch, first: after + 1, last: after, cachedAt: Date.now() }
      outlet.send(updatedText(head, '[]'))
      return goLive()
    }
    if (sendRun(channels.missedRun(channel.name, memory, after))) goLive()
    else fallBehind()
  }

  /** Asks MySQL a few times; undefined when nobody answered. */
  async function tried<R>(question: () => Promise<R>): Promise<R | undefined> {
    state = 'asking'
    for (let attempt = 0; attempt < MOST_TRIES && !closed; attempt++) {
      try {
        return await question()
      } catch {
        await pause(backOffMs(attempt), outlet.signal)
      }
    }
    return undefined
  }

  /** Shows a page of what is known now, if that is known for sure; else when it is. */
  function showInstead(reason: SnapshotReason): void {
    if (channel!.sure) snapshot(reason)
    else state = 'waiting'
  }

  /** A memory that began with the newest page: the rest of the newest 500 is in Redis. */
  async function lookInRedis(): Promise<void> {
    state = 'asking'
    await channels.deepen(channel!)
    answer()
  }

  /** What is older than the memory, up to 500 entries, comes from MySQL. */
  async function askForOlder(from: number): Promise<void> {
    const { epoch: asked } = channel!.memory
    // A reader that named no epoch is taken to be of this one, should the channel be begun anew meanwhile.
    epoch ??= asked ?? undefined
    const piece = await tried(() => ask.piece(channel!.name, { after: from, limit: WINDOW_ENTRIES }))
    if (closed) return
    if (channel!.memory.epoch !== asked) return answer()
    if (piece && piece.epoch !== asked) return waitFor(channel!)
    if (!piece || piece.entries.length === 0) return showInstead('too-old')
    if (sendRun(runOf(channel!.name, channel!.memory.epoch, piece.entries))) answer()
    else fallBehind()
  }

  /** The client names a sequence that we do not have: is it coming, or is it of another epoch? */
  async function askWhetherAhead(claimed: number): Promise<void> {
    const positions = await tried(() => ask.positions([channel!.name]))
    if (closed) return
    const position = positions?.[0]
    const coming = position && position.epoch === channel!.memory.epoch && position.last >= claimed
    if (!coming) return showInstead('epoch-changed')
    waitFor(channel!)
  }

  /** MySQL knows more than this gateway does: the answer is given when the channel has caught up. */
  function waitFor(late: Channel): void {
    state = 'waiting'
    void channels.catchUp(late)
  }

  function tell(): void {
    if (state !== 'waiting') return
    const message = 'the channel cannot be read at the moment; it comes as soon as it can'
    outlet.send(
      JSON.stringify({ type: 'problem', code: 'not-available', message, channel: needs.channel, retryAfterS: 5 }),
    )
  }

  const watcher: Watcher = {
    onRun(frame, before) {
      if (state !== 'live') return
      if (outlet.unsentBytes() > SLOW_BYTES) {
        after = before
        fallBehind()
        return
      }
      outlet.write(frame)
      // The first post of a channel brings its epoch. Our last is the memory's for as long as we are live.
      epoch ??= channel!.memory.epoch ?? undefined
    },
    onAnew(reason, before) {
      if (state !== 'live') return
      after = before
      if (outlet.unsentBytes() > SLOW_BYTES) fallBehind()
      else snapshot(reason)
    },
    onSure() {
      if (channel && state === 'waiting') answer()
    },
  }

  const subscription = {
    start(): void {
      channel = channels.open(needs.channel)
      channels.watch(needs.channel, watcher)
      // A channel that is sure has answered by now.
      if (state === 'waiting') told = setTimeout(tell, TOLD_AFTER_MS)
    },
    /** Looks whether a slow reader has drained. */
    onTick(): void {
      if (state !== 'behind' || outlet.unsentBytes() >= DRAINED_BYTES) return
      behind.delete(subscription)
      answer()
    },
    /** Where MySQL says that the channel ends, for the heartbeat; never the gateway's own count. */
    positionFrame(): string | undefined {
      const position = state === 'live' ? channel?.position : undefined
      return position && JSON.stringify({ type: 'wall.position', channel: channel!.name, ...position })
    },
    stop(): void {
      closed = true
      clearTimeout(told)
      behind.delete(subscription)
      if (channel) channels.unwatch(channel, watcher)
    },
  }
  return subscription
}
export type Subscription = ReturnType<typeof createSubscription>

function newestThatFit(entries: Entry[]): Entry[] {
  let bytes = 1024
  let from = entries.length
  while (from > 0) {
    bytes += Buffer.byteLength(JSON.stringify(entries[from - 1])) + 1
    if (bytes > FRAME_BYTES) break
    from--
  }
  return entries.slice(from)
}
