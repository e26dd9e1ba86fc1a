import { backOffMs, pause } from '@parvis/bus/wait'
import { PAGE_DEFAULT, WINDOW_ENTRIES } from '@parvis/contracts/limits'
import type { SnapshotReason } from '@parvis/contracts/live-protocol'
import { thatFit } from '@parvis/storage/read-wall'
import type { AskWall } from './ask-wall.ts'
import { type ChannelMemory, firstOf } from './channel-memory.ts'
import type { Channel, Channels, Watcher } from './channels.ts'
import { type RunPart, runOf, updatedText } from './missed-run.ts'
import { readyFrame } from './ready-frame.ts'

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

interface Needs {
  channels: Channels
  ask: AskWall
  /** A subscription is in it while its reader is behind; whoever holds it calls `onTick`. */
  behind: Behind
}

/**
 * One socket's place in one channel. `live`: it has all that the memory has. `waiting`: for the channel to become sure.
 * `asking`: for what only MySQL has. `behind`: it reads too slowly; once it has drained it is treated as if it had
 * subscribed again from its last. A class, as the way out is: there are tens of thousands.
 */
export class Subscription implements Watcher {
  readonly #needs: Needs
  readonly #outlet: Outlet
  readonly #channel: Channel
  #state: 'waiting' | 'live' | 'asking' | 'behind' = 'waiting'
  #after: number | undefined
  #epoch: string | undefined
  #closed = false
  #told: NodeJS.Timeout | undefined

  /** @param where the channel's canonical name, and the reader's last sequence and its epoch, if it has any */
  constructor(
    needs: Needs,
    outlet: Outlet,
    { channel, after, epoch }: { channel: string; after: number | undefined; epoch: string | undefined },
  ) {
    this.#needs = needs
    this.#outlet = outlet
    // Watched within the same turn, so that it is not forgotten in between.
    this.#channel = needs.channels.open(channel)
    this.#after = after
    this.#epoch = epoch
  }

  start(): void {
    this.#needs.channels.watch(this.#channel, this)
    // A channel that is sure has answered by now.
    if (this.#state === 'waiting') this.#told = setTimeout(() => this.#tell(), TOLD_AFTER_MS)
  }

  onRun(frame: Buffer, before: number): void {
    if (this.#state !== 'live') return
    if (this.#outlet.unsentBytes() > SLOW_BYTES) {
      this.#after = before
      this.#fallBehind()
      return
    }
    this.#outlet.write(frame)
    // The first post of a channel brings its epoch. Our last is the memory's for as long as we are live.
    this.#epoch ??= this.#channel.memory.epoch ?? undefined
  }

  onAnew(reason: SnapshotReason, before: number): void {
    if (this.#state !== 'live') return
    this.#after = before
    if (this.#outlet.unsentBytes() > SLOW_BYTES) this.#fallBehind()
    else this.#snapshot(reason)
  }

  onSure(): void {
    if (this.#state === 'waiting') this.#answer()
  }

  /** Looks whether a slow reader has drained. */
  onTick(): void {
    if (this.#state !== 'behind' || this.#outlet.unsentBytes() >= DRAINED_BYTES) return
    this.#needs.behind.delete(this)
    this.#answer()
  }

  /** Where MySQL says that the channel ends, for the heartbeat, as the bytes of a frame. */
  positionFrame(): Buffer | undefined {
    return this.#state === 'live' ? this.#channel.positionFrame : undefined
  }

  stop(): void {
    this.#closed = true
    clearTimeout(this.#told)
    this.#needs.behind.delete(this)
    this.#needs.channels.unwatch(this.#channel, this)
  }

  /** Answers with exactly what was missed, or says why not. Called whenever the channel is sure and we are not live. */
  #answer(): void {
    const channel = this.#channel
    if (this.#closed) return
    if (!channel.sure) {
      this.#state = 'waiting'
      return
    }
    // Whoever subscribes again and again without reading is behind too: each answer may be half a megabyte.
    if (this.#outlet.unsentBytes() > SLOW_BYTES) return this.#fallBehind()
    const { memory, name } = channel
    const after = this.#after
    if (after === undefined) return this.#snapshot('fresh')
    if (this.#epoch !== undefined && this.#epoch !== memory.epoch) return this.#snapshot('epoch-changed')
    if (after > memory.last) return void this.#askWhetherAhead(after)
    if (after < firstOf(memory) - 1) {
      if (memory.last - after > WINDOW_ENTRIES) return this.#snapshot('too-old')
      return void (memory.shallow ? this.#lookInRedis() : this.#askForOlder(after))
    }
    if (after === memory.last) {
      const head = { channel: name, epoch: memory.epoch, first: after + 1, last: after, cachedAt: Date.now() }
      this.#outlet.send(updatedText(head, '[]'))
      return this.#goLive()
    }
    if (this.#sendRun(this.#needs.channels.missedRun(name, memory, after))) this.#goLive()
    else this.#fallBehind()
  }

  /** Sends a run; false when the reader became too slow on the way. */
  #sendRun(run: readonly RunPart[]): boolean {
    for (const { frame, last } of run) {
      this.#outlet.write(frame)
      this.#after = last
      if (this.#outlet.unsentBytes() > SLOW_BYTES) return false
    }
    return true
  }

  #snapshot(reason: SnapshotReason): void {
    const { memory, name } = this.#channel
    const after = reason === 'too-old' ? this.#after : undefined
    const known = reason === 'fresh' ? memory.fresh : undefined
    const frame = known ?? snapshotOf(name, memory, { reason, after })
    if (reason === 'fresh') memory.fresh = frame
    this.#outlet.write(frame)
    this.#goLive()
  }

  #goLive(): void {
    clearTimeout(this.#told)
    this.#told = undefined
    this.#state = 'live'
    this.#after = this.#channel.memory.last
    this.#epoch = this.#channel.memory.epoch ?? undefined
  }

  #fallBehind(): void {
    this.#state = 'behind'
    this.#needs.behind.add(this)
  }

  /** Asks MySQL a few times; undefined when nobody answered. */
  async #tried<R>(question: () => Promise<R>): Promise<R | undefined> {
    this.#state = 'asking'
    for (let attempt = 0; attempt < MOST_TRIES && !this.#closed; attempt++) {
      try {
        return await question()
      } catch {
        await pause(backOffMs(attempt), this.#outlet.signal)
      }
    }
    return undefined
  }

  /** Shows a page of what is known now, if that is known for sure; else when it is. */
  #showInstead(reason: SnapshotReason): void {
    if (this.#channel.sure) this.#snapshot(reason)
    else this.#state = 'waiting'
  }

  /** A memory that began with the newest page: the rest of the newest 500 is in Redis. */
  async #lookInRedis(): Promise<void> {
    this.#state = 'asking'
    await this.#needs.channels.deepen(this.#channel)
    this.#answer()
  }

  /** What is older than the memory, up to 500 entries, comes from MySQL. */
  async #askForOlder(from: number): Promise<void> {
    const channel = this.#channel
    const { epoch: asked } = channel.memory
    // A reader that named no epoch is taken to be of this one, should the channel be begun anew meanwhile.
    this.#epoch ??= asked ?? undefined
    const question = { after: from, limit: WINDOW_ENTRIES }
    const piece = await this.#tried(() => this.#needs.ask.piece(channel.name, question))
    if (this.#closed) return
    if (channel.memory.epoch !== asked) return this.#answer()
    if (piece && piece.epoch !== asked) return this.#waitFor()
    if (!piece || piece.entries.length === 0) return this.#showInstead('too-old')
    if (this.#sendRun(runOf(channel.name, channel.memory.epoch, piece.entries))) this.#answer()
    else this.#fallBehind()
  }

  /** The client names a sequence that we do not have: is it coming, or is it of another epoch? */
  async #askWhetherAhead(claimed: number): Promise<void> {
    const channel = this.#channel
    const positions = await this.#tried(() => this.#needs.ask.positions([channel.name]))
    if (this.#closed) return
    // It has come while MySQL was asked, whether that answered or not: nobody else need wait for a catching-up.
    if (channel.sure && channel.memory.last >= claimed) return this.#answer()
    const position = positions?.[0]
    const coming = position && position.epoch === channel.memory.epoch && position.last >= claimed
    if (!coming) return this.#showInstead('epoch-changed')
    this.#waitFor()
  }

  /** MySQL knows more than this gateway does: the answer is given when the channel has caught up. */
  #waitFor(): void {
    this.#state = 'waiting'
    void this.#needs.channels.catchUp(this.#channel)
  }

  #tell(): void {
    if (this.#state !== 'waiting') return
    const message = 'the channel cannot be read at the moment; it comes as soon as it can'
    const problem = { type: 'problem', code: 'not-available', message, channel: this.#channel.name, retryAfterS: 5 }
    this.#outlet.send(JSON.stringify(problem))
  }
}

/**
 * The newest page as the bytes of a frame.
 * @param after what the reader had, for it to be told how much it does not get
 */
function snapshotOf(
  channel: string,
  memory: ChannelMemory,
  { reason, after }: { reason: SnapshotReason; after?: number | undefined },
): Buffer {
  const { epoch, last } = memory
  const entries = thatFit(memory.entries.slice(-PAGE_DEFAULT), 'newest')
  const first = entries[0]?.seq ?? 0
  const missed = after !== undefined && { missed: Math.max(0, first - 1 - after) }
  const head = { type: 'wall.snapshot', channel, epoch, entries, first, last, hasMore: first > 1, reason }
  return readyFrame(JSON.stringify({ ...head, ...missed }))
}
