// What runs inside Redis. Its other clients wait meanwhile, so each script makes as few calls as it can.

// The epoch and last of a window that is what a window is, else nil: what someone else has put under our keys is none.
const WHOLE = `
local function whole()
  local meta, count = redis.pcall('HMGET', KEYS[2], 'epoch', 'first', 'last'), redis.pcall('ZCARD', KEYS[1])
  if meta.err or type(count) ~= 'number' or count == 0 then return nil end
  local first, last = tonumber(meta[2] or ''), tonumber(meta[3] or '')
  if not first or not last or count ~= last - first + 1 then return nil end
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
  local newest = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
  if tonumber(oldest) ~= first or tonumber(newest) ~= last then return nil end
  return meta[1], last
end
`

// ARGV: epoch, lease ms, idle ms, most entries, mode, then seq and entry alternating, ascending without a hole.
// mode apply: only what continues a window that is vouched for; answers its last, or -1 for a gap. A repeat of what the
// window has does not vouch for it: MySQL may be further by now.
// mode replace: the whole window anew, unless the one there is newer and vouched for.
export const WRITE = `${WHOLE}
local epoch, last = whole()
local continues = epoch == ARGV[1] and redis.call('EXISTS', KEYS[3]) == 1
local first, newest = tonumber(ARGV[6]), tonumber(ARGV[#ARGV - 1])
if ARGV[5] == 'apply' then
  if not continues or first > last + 1 then return -1 end
  if newest <= last then return last end
else
  if continues and last > newest then return last end
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

// ARGV: epoch, last, lease ms. Renews the lease of a window that is MySQL's, and answers 1; else 0. One that has gone on
// since MySQL was read, and is vouched for, answers 1 as well: its last post has renewed it.
export const RENEW = `${WHOLE}
local epoch, last = whole()
if epoch ~= ARGV[1] then return 0 end
if last > tonumber(ARGV[2]) then return redis.call('EXISTS', KEYS[3]) end
if last ~= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[3], '1', 'PX', ARGV[3])
return 1
`

// ARGV: lowest and highest sequence wanted, most entries. The newest of them, ascending; whether they are what they must
// be is for the client to see. (Joined here, by table.concat, 500 took six times as long.)
export const READ = `
local meta = redis.pcall('HMGET', KEYS[2], 'epoch', 'first', 'last')
if meta.err or not meta[1] then return nil end
local first, last = tonumber(meta[2] or ''), tonumber(meta[3] or '')
if not first or not last then return nil end
local to = math.min(tonumber(ARGV[2]), last)
local from = math.max(tonumber(ARGV[1]), first, to - tonumber(ARGV[3]) + 1)
local entries = redis.pcall('ZRANGEBYSCORE', KEYS[1], from, to, 'LIMIT', 0, ARGV[3])
if entries.err then return nil end
return {meta[1], meta[2], meta[3], redis.call('EXISTS', KEYS[3]), entries}
`
