package redis

import "wschat/hub/redis/resp"

// Times are microseconds since 1970, of Redis' own clock. A number may not be
// turned into a string by Lua itself where it can be larger than 10^14.

// prelude stands before each script.
const prelude = `
local base = KEYS[1]
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end
local function text(n) return string.format('%.0f', n) end

-- tell gives what happens to a conversation its position, and publishes it.
local function tell(kind, rest)
  local p = redis.call('HINCRBY', base .. ':h', 'p', 1)
  redis.call('SPUBLISH', base, kind .. ' ' .. p .. ' ' .. rest)
  return p
end
local function position() return tonumber(redis.call('HGET', base .. ':h', 'p') or '0') end
`

func script(source string) *resp.Script { return resp.NewScript(prelude + source) }

// appendScript keeps a message of a conversation, and publishes it. Arguments:
// the message, keep, trim at each so many, deadline, sender and ID or "", whether
// the recipient is away, for whom it waits or "", for how long. Reply: seq,
// position, time; or for a repeated ID: seq, away.
var appendScript = script(`
local t = now()
if ARGV[4] ~= '0' and t > tonumber(ARGV[4]) then return redis.error_reply('LATE it has been given up') end
local id = ARGV[5] ~= '' and base .. ':i:' .. ARGV[5]
if id then
  local first = redis.call('HMGET', id, 'n', 'a')
  if first[1] then return first end
end
local n = redis.call('HINCRBY', base .. ':h', 'n', 1)
redis.call('XADD', base .. ':s', n .. '-0', 'd', ARGV[1], 't', text(t))
if id then
  redis.call('HSET', id, 'n', n, 'a', ARGV[6])
  redis.call('EXPIRE', id, 600)
end
if ARGV[7] ~= '' then
  local w = base .. ':w:' .. ARGV[7]
  redis.call('ZADD', w, n, n)
  if ARGV[8] ~= '0' then redis.call('PEXPIRE', w, ARGV[8]) end
end
local keep = tonumber(ARGV[2])
if keep > 0 and n > keep and n % tonumber(ARGV[3]) == 0 then
  redis.call('XTRIM', base .. ':s', 'MINID', (n - keep + 1) .. '-0')
end
local p = tell('m', n .. ' ' .. text(t) .. ' ' .. ARGV[1])
return {n, p, text(t)}
`)

// syncScript tells where a conversation is, and its messages after a seq; "-": none.
// It marks the conversation, so that another one by the same name is told from it.
// Arguments: seq, limit. Reply: seq, position, mark, messages.
var syncScript = script(`
redis.call('HSETNX', base .. ':h', 'i', text(now()))
local h = redis.call('HMGET', base .. ':h', 'n', 'p', 'i')
local list = {}
if ARGV[1] ~= '-' then
  list = redis.call('XRANGE', base .. ':s', '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
end
return {h[1] or '0', h[2] or '0', h[3], list}
`)

// presentScript enters a login or exit into {c:all} or a group. Arguments: user,
// its number, whether online, whether to tell, whether it is a group. Reply:
// whether the user is a member, position, whether it was told.
var presentScript = script(`
local member = 1
if ARGV[5] == '1' and not redis.call('ZSCORE', base .. ':m', ARGV[1]) then member = 0 end
local x = base .. ':x:' .. ARGV[1]
local last = redis.call('GET', x)
local changed = 0
if not last or tonumber(last) <= tonumber(ARGV[2]) then
  redis.call('SET', x, ARGV[2], 'EX', 60)
  if ARGV[3] == '0' then
    changed = redis.call('ZREM', base .. ':o', ARGV[1])
  elseif member == 1 then
    changed = redis.call('ZADD', base .. ':o', 0, ARGV[1])
  end
end
if changed == 1 and ARGV[4] == '1' then
  return {member, tell(ARGV[3] == '1' and '+' or '-', ARGV[2] .. ' ' .. ARGV[1]), 1}
end
return {member, position(), 0}
`)

// joinScript makes a user who is online a member of a group. Arguments: user, the
// number of its login, whether to tell. Reply: whether that is new, position,
// the same, seq.
var joinScript = script(`
local new = redis.call('ZADD', base .. ':m', 0, ARGV[1])
local last = redis.call('GET', base .. ':x:' .. ARGV[1])
if not last or tonumber(last) <= tonumber(ARGV[2]) then
  redis.call('ZADD', base .. ':o', 0, ARGV[1])
end
local p
if new == 1 and ARGV[3] == '1' then p = tell('j', ARGV[1]) else p = position() end
return {new, p, new, redis.call('HGET', base .. ':h', 'n') or '0'}
`)

// leaveScript ends that. Arguments: user. Reply: whether it was one, position,
// the same, seq, how many members are left.
var leaveScript = script(`
local old = redis.call('ZREM', base .. ':m', ARGV[1])
redis.call('ZREM', base .. ':o', ARGV[1])
local p
if old == 1 then p = tell('l', ARGV[1]) else p = position() end
return {old, p, old, redis.call('HGET', base .. ':h', 'n') or '0', redis.call('ZCARD', base .. ':m')}
`)

// whoScript tells who is online in a group or, with {c:all}, anywhere. Argument:
// how many names. Reply: position, count, names.
var whoScript = script(`
return {position(), redis.call('ZCARD', base .. ':o'), redis.call('ZRANGE', base .. ':o', 0, ARGV[1] - 1)}
`)

// waitingScript returns messages that wait for a user. Arguments: user, after which
// seq, limit. Reply: position, the last seq looked at or 0, messages.
var waitingScript = script(`
local w = base .. ':w:' .. ARGV[1]
local seqs = redis.call('ZRANGEBYSCORE', w, '(' .. ARGV[2], '+inf', 'LIMIT', 0, ARGV[3])
local list = {}
for _, seq in ipairs(seqs) do
  local m = redis.call('XRANGE', base .. ':s', seq .. '-0', seq .. '-0')
  if m[1] then list[#list + 1] = m[1] else redis.call('ZREM', w, seq) end
end
return {position(), seqs[#seqs] or '0', list}
`)

// sizesScript counts the members of a group, and those online.
var sizesScript = script(`
return {redis.call('ZCARD', base .. ':m'), redis.call('ZCARD', base .. ':o')}
`)
