import { WINDOW_ENTRIES } from '@parvis/contracts/limits'
import type { Entry } from '@parvis/contracts/post'
import type { Redis } from 'ioredis'

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
}

// What someone else has put under our keys counts as no window.
const SPOILED = `
local function spoiled()
  local entries, meta = redis.call('TYPE', KEYS[1]).ok, redis.call('TYPE', KEYS[2]).ok
  if (entries ~= 'zset' and entries ~= 'none') or (meta ~= 'hash' and meta ~= 'none') then return true end
  if meta == 'none' or entries == 'none' then return false end
  local first, last = tonumber(redis.call('HGET', KEYS[2], 'first') or ''), tonumber(redis.call('HGET', KEYS[2], 'last') or '')
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
  local newest = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
  return not first or not last or tonumber(oldest) ~= first or tonumber(newest) ~= last
    or redis.call('ZCARD', KEYS[1]) ~= last - first + 1
end
`

// ARGV: epoch, lease ms, idle ms, most entries, mode, then seq and entry alternating, ascending without a hole.
// mode apply: only what continues a window that is vouched for; answers its last, or -1 for a gap. A repeat of what the
// window has does not vouch for it: MySQL may be further by now.
// mode replace: the whole window anew, unless the one there is newer and vouched for.
const WRITE = `${SPOILED}
local whole = not spoiled() and redis.call('ZCARD', KEYS[1]) > 0 and redis.call('EXISTS', KEYS[3]) == 1
local last = 0
if whole then
  whole = redis.call('HGET', KEYS[2], 'epoch') == ARGV[1]
  last = tonumber(redis.call('HGET', KEYS[2], 'last'))
end
local first, newest = tonumber(ARGV[6]), tonumber(ARGV[#ARGV - 1])
if ARGV[5] == 'apply' then
  if not whole or first > last + 1 then return -1 end
  if newest <= last then return last end
else
  if whole and last > newest then return last end
  redis.call('DEL', KEYS[1], KEYS[2])
  last = 0
end
for i = 6, #ARGV, 2 do
  local seq = tonumber(ARGV[i])
  if seq > last then
    redis.call('ZADD', KEYS[1], seq, ARGV[i + 1])
    last = seq
  end
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[4]) - 1)
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
redis.call('HSET', KEYS[2], 'epoch', ARGV[1], 'first', oldest[2], 'last', last)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('SET', KEYS[3], '1', 'PX', ARGV[2])
return last
`

// ARGV: epoch, last, lease ms. Renews the lease of a window that is MySQL's, and answers 1; else 0.
const RENEW = `${SPOILED}
if spoiled() or redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'last')
if meta[1] ~= ARGV[1] or tonumber(meta[2]) ~= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[3], '1', 'PX', ARGV[3])
return 1
`

// ARGV: lowest and highest sequence wanted, most entries. The newest of them, descending.
const READ = `${SPOILED}
if spoiled() then return nil end
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'first', 'last')
if not meta[1] then return nil end
local entries = redis.call('ZREVRANGEBYSCORE', KEYS[1], ARGV[2], ARGV[1], 'LIMIT', 0, ARGV[3])
return {meta[1], meta[2], meta[3], redis.call('EXISTS', KEYS[3]), entries}
`

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

/** Renews the lease of a window that ends where MySQL does; false when it does not. */
export async function renewWindow(redis: Redis, keys: string[], epoch: string, last: number): Promise<boolean> {
  return (await scripts(redis).parvisRenew(...keys, epoch, last, LEASE_MS)) === 1
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
  const entries = parseEntries(texts.reverse())
  if (!entries || entries.length !== Math.max(0, to - from + 1)) return undefined
  if (!entries.every((entry, i) => entry?.seq === from + i && entry.post?.id)) return undefined
  return { epoch, first, last, leased: leased === 1, entries }
}

function parseEntries(texts: string[]): Entry[] | undefined {
  try {
    return texts.map((text) => JSON.parse(text) as Entry)
  } catch {
    return undefined
  }
}
