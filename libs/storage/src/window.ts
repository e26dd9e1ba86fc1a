import { WINDOW_ENTRIES } from '@parvis/contracts/limits'
import type { Entry } from '@parvis/contracts/post'
import type { Redis } from 'ioredis'
import { READ, RENEW, WRITE } from './window-scripts.ts'

// A channel's window in Redis: its newest 500 entries, contiguous, each in wire form in a sorted set by sequence; a
// hash with epoch, first and last; and a lease, while which lives the window counts.

/** A window counts for this long after someone who knows MySQL's position has seen it. */
const LEASE_MS = 15_000
const IDLE_MS = 24 * 3_600_000

/** The keys of one channel share a hash tag, so that a script may touch them all in a cluster. */
export function windowKeys(prefix: string, channel: string): [entries: string, meta: string, lease: string] {
  const base = `${prefix}{${channel}}`
  return [`${base}:entries`, `${base}:meta`, `${base}:lease`]
}

export interface Window {
  epoch: string
  first: number
  last: number
  /** False: nobody who knows MySQL has vouched for it lately. */
  leased: boolean
  entries: Entry[]
  /** The same entries as JSON, with commas between them. */
  json: string
}

const EPOCH = /^[A-Za-z0-9_-]{1,64}$/

interface WithScripts {
  parvisWrite(...args: (string | number)[]): Promise<number>
  parvisRenew(...args: (string | number)[]): Promise<number>
  parvisRead(...args: (string | number)[]): Promise<[string, string, string, number, string[]] | null>
}

function scripts(redis: Redis): WithScripts {
  if (!('parvisWrite' in redis)) {
    redis.defineCommand('parvisWrite', { numberOfKeys: 3, lua: WRITE })
    redis.defineCommand('parvisRenew', { numberOfKeys: 3, lua: RENEW })
    redis.defineCommand('parvisRead', { numberOfKeys: 3, lua: READ })
  }
  return redis as unknown as WithScripts
}

/** An entry and its sequence, ready for Redis. */
export interface WireEntry {
  seq: number
  json: string
}

/**
 * Writes a run of entries, ascending without a hole.
 * @param mode `apply` adds what continues the window; `replace` makes it anew, never with an older one
 * @returns the window's last sequence, or `gap` when the run does not continue it
 */
export async function writeWindow(
  redis: Redis,
  keys: string[],
  epoch: string,
  entries: readonly WireEntry[],
  mode: 'apply' | 'replace',
): Promise<number | 'gap'> {
  const flat = entries.flatMap(({ seq, json }) => [seq, json])
  const last = await scripts(redis).parvisWrite(...keys, epoch, LEASE_MS, IDLE_MS, WINDOW_ENTRIES, mode, ...flat)
  return last === -1 ? 'gap' : last
}

/**
 * Renews the lease of a window that ends where MySQL does. One that is ahead counts for as long as its lease lives.
 * @param readAt when MySQL's position was read, ms since 1970: from then on the lease counts
 * @returns false when the window must be made anew
 */
export async function renewWindow(
  redis: Redis,
  keys: string[],
  { epoch, last, readAt }: { epoch: string; last: number; readAt: number },
): Promise<boolean> {
  const leaseMs = Math.max(1, LEASE_MS - (Date.now() - readAt))
  return (await scripts(redis).parvisRenew(...keys, epoch, last, leaseMs)) === 1
}

/**
 * Reads the newest `limit` entries from `lowest` to `highest`, in one round trip.
 * @returns undefined when there is no window, or when its content is not what a window is (someone spoiled it)
 */
export async function readWindow(
  redis: Redis,
  keys: string[],
  { lowest = 1, highest = Number.MAX_SAFE_INTEGER, limit = WINDOW_ENTRIES } = {},
): Promise<Window | undefined> {
  const answer = await scripts(redis).parvisRead(...keys, lowest, highest, limit)
  if (!answer) return undefined
  const [epoch, firstText, lastText, leased, texts] = answer
  const [first, last] = [Number(firstText), Number(lastText)]
  // It goes into headers and cursors as it is.
  if (!EPOCH.test(epoch)) return undefined
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 1) return undefined
  // Exactly these sequences must be there: an entry that is missing would be a silent hole.
  const to = Math.min(highest, last)
  const from = Math.max(lowest, first, to - limit + 1)
  const json = texts.join(',')
  const entries = parseEntries(json)
  if (!entries || entries.length !== Math.max(0, to - from + 1)) return undefined
  const whole = entries.every(
    (entry, i) => entry?.seq === from + i && entry.post?.id && typeof entry.post.text === 'string',
  )
  if (!whole) return undefined
  return { epoch, first, last, leased: leased === 1, entries, json }
}

function parseEntries(json: string): Entry[] | undefined {
  try {
    return JSON.parse(`[${json}]`)
  } catch {
    return undefined
  }
}
