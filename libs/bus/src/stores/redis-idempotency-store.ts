import { explain, TransientError } from '../errors.ts'
import { type IdempotencyStore, KEEP_MS, type Mark } from './idempotency-store.ts'

/** What the store needs of a Redis client; ioredis is one. */
export interface RedisScripts {
  eval(script: string, keys: number, ...keysAndValues: (string | number)[]): Promise<unknown>
}

// One script a step: Redis runs nothing else in between, so of two claims exactly one is the first.
const CLAIM = `
local kept = redis.call('GET', KEYS[1])
if kept then
  local mark = cjson.decode(kept)
  if not (mark.state == 'claimed' and mark.token == ARGV[1]) then return kept end
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return false`

const COMPLETE = `
local kept = redis.call('GET', KEYS[1])
if not kept then return 0 end
local mark = cjson.decode(kept)
if mark.token ~= ARGV[1] then return 0 end
if mark.state == 'claimed' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`

const GET = `return redis.call('GET', KEYS[1])`
const FORGET = `return redis.call('DEL', KEYS[1])`

/**
 * Marks in Redis, shared by any number of processes. A claim is a key that expires with its lease, a mark one that
 * expires after `keepMs`. They survive what Redis survives: a restart where it writes its append-only file.
 * @param prefix what every key begins with
 */
export function redisIdempotencyStore(
  redis: RedisScripts,
  { prefix, keepMs = KEEP_MS }: { prefix: string; keepMs?: number },
): IdempotencyStore {
  async function run(script: string, messageId: string, ...values: (string | number)[]): Promise<unknown> {
    try {
      return await redis.eval(script, 1, `${prefix}idempotency:${messageId}`, ...values)
    } catch (error) {
      throw new TransientError('redis', `Redis did not answer: ${explain(error)}`, { cause: error })
    }
  }
  const shown = (kept: unknown): Mark => {
    const { token: _, resultText, ...mark } = JSON.parse(String(kept))
    return resultText === undefined ? mark : { ...mark, result: JSON.parse(resultText) }
  }

  return {
    async claim(messageId, leaseMs, token = crypto.randomUUID()) {
      const mark = JSON.stringify({ messageId, state: 'claimed', at: Date.now(), token })
      const kept = await run(CLAIM, messageId, token, mark, leaseMs)
      return kept === null ? { won: true, token } : { won: false, mark: shown(kept) }
    },
    async complete(messageId, token, result) {
      // As a text: Redis's own JSON takes neither deep nesting nor half a pair of UTF-16, and the scripts read the mark.
      const resultText = JSON.stringify(result)
      const mark = JSON.stringify({ messageId, state: 'done', at: Date.now(), token, resultText })
      return (await run(COMPLETE, messageId, token, mark, keepMs)) === 1
    },
    async get(messageId) {
      const kept = await run(GET, messageId)
      return kept === null ? undefined : shown(kept)
    },
    async forget(messageId) {
      return (await run(FORGET, messageId)) === 1
    },
  }
}
