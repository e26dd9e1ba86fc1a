import type { GatewayFrame, WallSnapshot, WallUpdatedFrame } from '@parvis/contracts/live-protocol'
import type { Entry } from '@parvis/contracts/post'
import WebSocket from 'ws'
import { digestOf } from '../check/digest.ts'
import type { Random } from '../random.ts'
import type { Journal } from './journal.ts'

/** A position that is ahead of a client for so long means that something was missed (live protocol). */
const DOUBT_MS = 2_000
const OPENING_MS = 8_000
/** Without an answer to a subscription for so long it asks again at the next occasion. */
const ANSWER_MS = 5_000
/** Three heartbeats of the gateway (25 s) without a word: the connection is only half there. */
const SILENCE_MS = 75_000

export type ReaderKind = 'steady' | 'slow' | 'reconnecting' | 'dropping' | 'crowd'

/** What one reader was shown of one channel. */
export interface Shown {
  /** The first sequence of the first page that it was given: what is older it never asked for. */
  from: number
  last: number
  epoch: string | null
  /** By sequence. */
  digests: (string | undefined)[]
  /** Pieces of which it was told that it does not get them (`too-old`). */
  told: { from: number; to: number }[]
}

export interface Reader {
  name: string
  kind: ReaderKind
  shown: Map<string, Shown>
  /** What a gateway must never send. */
  faults: { code: string; message: string }[]
  connected(): boolean
  /** When its newest connection was open; 0 before the first. */
  openedAt(): number
  /** Shows one more channel. */
  subscribe(channel: string): void
  /** Stops reading from the socket for so long. */
  stall(ms: number): void
  /** Ends its bad habits and asks again from where it is. */
  settle(): void
  /** Tears its connection; it comes back by itself. */
  tear(): void
  close(): void
}

/** A gateway sends all its sockets the same bytes: of a crowd, the first one reads them for the others. */
let last: { bytes: Buffer; frame: GatewayFrame } | undefined
const digests = new WeakMap<Entry, string>()

function frameOf(bytes: Buffer): GatewayFrame {
  if (last?.bytes.equals(bytes)) return last.frame
  const frame = JSON.parse(String(bytes)) as GatewayFrame
  last = { bytes, frame }
  return frame
}

function digestOnce(entry: Entry): string {
  const digest = digests.get(entry) ?? digestOf(entry)
  digests.set(entry, digest)
  return digest
}

/**
 * A reader that follows the client's rule: what it has it drops, of what overlaps it takes the tail, and a hole or a
 * position that stays ahead makes it subscribe again from its last.
 */
export function openReader(options: {
  name: string
  kind: ReaderKind
  gateways: readonly string[]
  channels: readonly string[]
  journal: Journal
  random: Random
  /** Which gateway is its first. */
  first: number
  /** Most milliseconds that it waits before it connects again: jitter. */
  jitterMs?: number
}): Reader {
  const { name, kind, gateways, journal, random, jitterMs = 1_000 } = options
  const shown = new Map<string, Shown>()
  const faults: Reader['faults'] = []
  /** When it last asked for a channel and has no answer yet. */
  const asking = new Map<string, number>()
  const timers = new Set<NodeJS.Timeout>()
  let channels = [...options.channels]
  let socket: WebSocket | undefined
  let at = options.first
  let closed = false
  let settled = false
  let heard = Date.now()
  let frames = 0
  let openedAt = 0

  const fault = (code: string, message: string) => {
    if (faults.length < 20) faults.push({ code, message: `${name}: ${message}` })
  }

  function connect(): void {
    if (closed) return
    const gateway = gateways[at % gateways.length]!
    const mine = new WebSocket(`${gateway.replace('http', 'ws')}/ws`, 'parvis.v1', { handshakeTimeout: OPENING_MS })
    socket = mine
    heard = Date.now()
    mine.on('open', () => {
      openedAt = Date.now()
      asking.clear()
      for (const channel of channels) ask(channel)
    })
    mine.on('message', (data) => {
      heard = Date.now()
      if (socket === mine) onFrame(frameOf(data as Buffer))
    })
    mine.on('ping', () => {
      heard = Date.now()
    })
    mine.on('error', () => {})
    mine.on('close', () => {
      at++
      after(random.next() * jitterMs, () => socket === mine && connect())
    })
  }

  function after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      if (!closed) work()
    }, ms)
    timers.add(timer)
  }

  function ask(channel: string): void {
    if (socket?.readyState !== WebSocket.OPEN) return
    const known = shown.get(channel)
    asking.set(channel, Date.now())
    const cursor = known && { after: known.last, ...(known.epoch !== null && { epoch: known.epoch }) }
    socket.send(JSON.stringify({ type: 'wall.subscribe', channel, ...cursor }))
  }

  function onFrame(frame: GatewayFrame): void {
    if (frame.type === 'wall.snapshot') return onSnapshot(frame)
    if (frame.type === 'wall.updated') {
      frames++
      if (kind === 'dropping' && !settled && frames % 7 === 0 && !asking.has(frame.channel)) return
      return onUpdated(frame)
    }
    if (frame.type === 'wall.position') {
      const known = shown.get(frame.channel)
      if (!known || frame.last <= known.last) return
      after(DOUBT_MS, () => (shown.get(frame.channel)?.last ?? 0) < frame.last && ask(frame.channel))
    } else if (frame.type === 'problem' && frame.code !== 'not-available')
      fault('problem', `${frame.code}: ${frame.message}`)
  }

  function onSnapshot({ channel, epoch, entries, first, last, reason }: WallSnapshot): void {
    asking.delete(channel)
    const known = shown.get(channel)
    if (!known) {
      shown.set(channel, { from: entries.length > 0 ? first : last + 1, last, epoch, digests: [], told: [] })
      return take(channel, entries)
    }
    if (reason === 'epoch-changed' || (known.epoch !== null && epoch !== known.epoch)) {
      fault('epoch', `${channel} changed its epoch (${reason}), which nobody did`)
    }
    if (last < known.last) return fault('shrunk', `${channel} ended at ${known.last}, then at ${last} (${reason})`)
    if (entries.length > 0 && first > known.last + 1) known.told.push({ from: known.last + 1, to: first - 1 })
    if (entries.length === 0 && last > known.last)
      fault('empty-page', `${channel}: a page without entries up to ${last}`)
    take(channel, entries)
    known.last = last
    known.epoch = epoch
  }

  function onUpdated({ channel, epoch, first, last, entries }: WallUpdatedFrame): void {
    if (entries.length !== Math.max(0, last - first + 1)) {
      return fault('frame', `${channel}: ${entries.length} entries in ${first} to ${last}`)
    }
    if (entries.some(({ seq }, n) => seq !== first + n))
      return fault('frame', `${channel}: entries are not ${first} to ${last}`)
    const known = shown.get(channel)
    if (!known) return
    if (known.epoch !== null && epoch !== known.epoch) return fault('epoch', `${channel} changed its epoch in a run`)
    known.epoch = epoch
    if (first > known.last + 1) {
      // It mends holes in any case; but only those that it made itself may there be.
      if (kind !== 'dropping') fault('hole', `${channel}: after ${known.last} came ${first}`)
      if (Date.now() - (asking.get(channel) ?? 0) > ANSWER_MS) ask(channel)
      return
    }
    asking.delete(channel)
    take(channel, entries)
    if (last <= known.last) return
    known.last = last
  }

  /** Keeps what it is shown; the same sequence shown again must be the same entry. */
  function take(channel: string, entries: readonly Entry[]): void {
    const known = shown.get(channel)!
    for (const entry of entries) {
      const digest = digestOnce(entry)
      const before = known.digests[entry.seq]
      if (before !== undefined && before !== digest)
        fault('changed', `${channel} ${entry.seq} was ${before}, is ${digest}`)
      known.digests[entry.seq] = digest
      if (before === undefined) journal.onSeen(entry)
    }
  }

  function stall(ms: number): void {
    const mine = socket
    mine?.pause()
    after(ms, () => mine?.resume())
  }

  function habit(): void {
    if (closed || settled) return
    if (kind === 'slow') {
      stall(random.between(2_000, 6_000))
      after(random.between(7_000, 12_000), habit)
    } else if (kind === 'reconnecting') {
      socket?.terminate()
      after(random.between(1_500, 6_000), habit)
    }
  }
  const watch = setInterval(() => {
    if (Date.now() - heard > SILENCE_MS) socket?.terminate()
  }, 5_000)
  connect()
  if (kind === 'slow' || kind === 'reconnecting') after(random.between(1_000, 4_000), habit)

  return {
    name,
    kind,
    shown,
    faults,
    openedAt: () => openedAt,
    connected: () => socket?.readyState === WebSocket.OPEN,
    subscribe(channel) {
      channels = [...channels, channel]
      ask(channel)
    },
    stall,
    settle() {
      settled = true
      socket?.resume()
      if (kind === 'dropping') for (const channel of channels) ask(channel)
    },
    tear: () => socket?.terminate(),
    close() {
      closed = true
      clearInterval(watch)
      for (const timer of timers) clearTimeout(timer)
      socket?.terminate()
    },
  }
}
